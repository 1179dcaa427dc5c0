import assert from "node:assert/strict";
import type { KeyStoreCase } from "../test-key-store.ts";
import { auditEntry, HOUR_MS, keyRecord, NOW, usageCount } from "./fixtures.ts";

/** Usage by hour, and the counts of the day. */
export function testUsage(test: KeyStoreCase): void {
  test("adds usage to its hours and gives the hours asked for, oldest first", async (store) => {
    await store.insert(keyRecord(1), auditEntry(1));
    const first = usageCount("key_1", NOW, 1);
    const next = usageCount("key_1", NOW + HOUR_MS, 10);
    await store.addUsage({ usage: [next, usageCount("key_9", NOW, 100)], daily: [] });
    await store.addUsage({ usage: [first, next], daily: [] });
    assert.deepEqual(await store.queryUsage({ keyId: "key_1", from: NOW, to: NOW + 2 * HOUR_MS }), [
      first,
      { ...usageCount("key_1", NOW + HOUR_MS, 20), lastUsedAt: next.lastUsedAt },
    ]);
    assert.deepEqual(await store.queryUsage({ keyId: "key_1", from: NOW, to: NOW + HOUR_MS }), [first]);
  });

  test("moves lastUsedAt forwards, and never back", async (store) => {
    await store.insert(keyRecord(1), auditEntry(1));
    await store.addUsage({ usage: [{ ...usageCount("key_1", NOW, 1), lastUsedAt: NOW + 5 }], daily: [] });
    await store.addUsage({ usage: [{ ...usageCount("key_1", NOW, 1), lastUsedAt: NOW + 1 }], daily: [] });
    await store.addUsage({ usage: [{ ...usageCount("key_1", NOW, 0), lastUsedAt: 0 }], daily: [] });
    assert.equal((await store.find("key_1"))?.lastUsedAt, NOW + 5);
  });

  test("takes a batch of many keys at once", async (store) => {
    const usage = Array.from({ length: 1234 }, (_, number) => usageCount(`key_${number}`, NOW, number));
    const daily = usage.map(({ keyId, cost }) => ({ subject: keyId, day: 20_000, used: cost }));
    await store.addUsage({ usage, daily });
    assert.deepEqual(await store.queryUsage({ keyId: "key_1233", from: NOW, to: NOW + 1 }), [usage[1233]]);
    assert.equal((await store.readDaily(20_000)).length, 1234);
  });

  test("adds up the day's counts by subject", async (store) => {
    await store.addUsage({ usage: [], daily: [{ subject: "a", day: 20_000, used: 3 }] });
    await store.addUsage({
      usage: [],
      daily: [
        { subject: "a", day: 20_000, used: 4 },
        { subject: "a", day: 20_001, used: 1 },
        { subject: "b", day: 20_000, used: 5 },
      ],
    });
    const counts = [...(await store.readDaily(20_000))].toSorted((a, b) =>
      a.subject.localeCompare(b.subject),
    );
    assert.deepEqual(counts, [
      { subject: "a", day: 20_000, used: 7 },
      { subject: "b", day: 20_000, used: 5 },
    ]);
  });
}
