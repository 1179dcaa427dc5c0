import assert from "node:assert/strict";
import type { UsageBatch } from "@keyward/core";
import type { KeyStoreCase } from "../test-key-store.ts";
import { auditEntry, HOUR_MS, keyRecord, NOW, usageCount } from "./fixtures.ts";

function batch(parts: Partial<UsageBatch>): UsageBatch {
  return { usage: [], lastUses: [], daily: [], ...parts };
}

/** An hour of a key as it is read again: without the key. */
function hourOf(...of: Parameters<typeof usageCount>) {
  const { keyId: _keyId, ...hour } = usageCount(...of);
  return hour;
}

/** Usage by hour, last uses, and the counts of the day. */
export function testUsage(test: KeyStoreCase): void {
  test("adds usage to its hours and gives the hours asked for, oldest first", async (store) => {
    await store.insert(keyRecord(1), auditEntry(1));
    const next = usageCount("key_1", NOW + HOUR_MS, 10);
    await store.addUsage(batch({ usage: [next, usageCount("key_9", NOW, 100)] }));
    await store.addUsage(batch({ usage: [usageCount("key_1", NOW, 1), next] }));
    const first = hourOf("key_1", NOW, 1);
    assert.deepEqual(await store.queryUsage({ keyId: "key_1", from: NOW, to: NOW + 2 * HOUR_MS }), [
      first,
      hourOf("key_1", NOW + HOUR_MS, 20),
    ]);
    assert.deepEqual(await store.queryUsage({ keyId: "key_1", from: NOW, to: NOW + HOUR_MS }), [first]);
    const later = { keyId: "key_1", from: NOW + HOUR_MS, to: NOW + 2 * HOUR_MS };
    assert.deepEqual(await store.queryUsage(later), [hourOf("key_1", NOW + HOUR_MS, 20)]);
  });

  test("gives the usage of an owner: that of all its keys together", async (store) => {
    for (const [number, ownerId] of [
      [1, "blue"],
      [2, "blue"],
      [3, "red"],
    ] as const) {
      await store.insert(keyRecord(number, { ownerId }), auditEntry(number));
    }
    const usage = [
      usageCount("key_1", NOW, 1),
      usageCount("key_2", NOW, 10),
      usageCount("key_3", NOW, 100),
      usageCount("key_2", NOW - HOUR_MS, 3),
    ];
    await store.addUsage(batch({ usage }));
    const whole = { from: 0, to: NOW + HOUR_MS };
    assert.deepEqual(await store.queryUsage({ ownerId: "blue", ...whole }), [
      hourOf("key_2", NOW - HOUR_MS, 3),
      hourOf("key_1", NOW, 11),
    ]);
    assert.deepEqual(await store.queryUsage({ ownerId: "nobody", ...whole }), []);
  });

  test("drops the usage of before a time, and no other", async (store) => {
    await store.addUsage(
      batch({ usage: [-2, -1, 0].map((hours) => usageCount("key_1", NOW + hours * HOUR_MS, 1)) }),
    );
    await store.dropUsage(NOW - HOUR_MS);
    const left = await store.queryUsage({ keyId: "key_1", from: 0, to: NOW + HOUR_MS });
    assert.deepEqual(
      left.map(({ hour }) => hour),
      [NOW - HOUR_MS, NOW],
    );
  });

  test("moves the last use forwards, and never back", async (store) => {
    await store.insert(keyRecord(1), auditEntry(1));
    await store.insert(keyRecord(2), auditEntry(2));
    const used = (at: number, address: string | null) => ({ keyId: "key_1", at, address });
    const other = { keyId: "key_2", at: NOW, address: "2001:db8::1" };
    for (const [use, at, address] of [
      [used(NOW, "192.0.2.1"), NOW, "192.0.2.1"],
      [used(NOW - HOUR_MS, "192.0.2.2"), NOW, "192.0.2.1"],
      [used(NOW + HOUR_MS, "192.0.2.3"), NOW + HOUR_MS, "192.0.2.3"],
      [used(NOW + 2 * HOUR_MS, null), NOW + 2 * HOUR_MS, null],
    ] as const) {
      await store.addUsage(batch({ lastUses: [other, use] }));
      const record = await store.find("key_1");
      assert.deepEqual([record?.lastUsedAt, record?.lastUsedAddress], [at, address]);
    }
    assert.equal((await store.find("key_2"))?.lastUsedAddress, "2001:db8::1");
  });

  test("takes a batch of many keys at once", async (store) => {
    const usage = Array.from({ length: 1234 }, (_, number) => usageCount(`key_${number}`, NOW, number));
    const lastUses = usage.map(({ keyId }) => ({ keyId, at: NOW, address: "192.0.2.1" }));
    const daily = usage.map(({ keyId, cost }) => ({ subject: keyId, day: 20_000, used: cost }));
    await store.insert(keyRecord(1233), auditEntry(1));
    await store.addUsage({ usage, lastUses, daily });
    assert.deepEqual(await store.queryUsage({ keyId: "key_1233", from: NOW, to: NOW + 1 }), [
      hourOf("key_1233", NOW, 1233),
    ]);
    assert.equal((await store.readDaily(20_000)).length, 1234);
    assert.equal((await store.find("key_1233"))?.lastUsedAt, NOW);
  });

  test("adds up the day's counts by subject", async (store) => {
    await store.addUsage(batch({ daily: [{ subject: "a", day: 20_000, used: 3 }] }));
    await store.addUsage(
      batch({
        daily: [
          { subject: "a", day: 20_000, used: 4 },
          { subject: "a", day: 20_001, used: 1 },
          { subject: "b", day: 20_000, used: 5 },
        ],
      }),
    );
    const counts = [...(await store.readDaily(20_000))].toSorted((a, b) =>
      a.subject.localeCompare(b.subject),
    );
    assert.deepEqual(counts, [
      { subject: "a", day: 20_000, used: 7 },
      { subject: "b", day: 20_000, used: 5 },
    ]);
  });

  test("adds up what many write at the same time, each in an order of its own", async (store) => {
    const numbers = Array.from({ length: 50 }, (_, number) => number);
    const backwards = numbers.toReversed();
    await Promise.all(
      [numbers, backwards, numbers, backwards].map((order) =>
        store.addUsage(
          batch({
            usage: order.map((number) => usageCount(`key_${number}`, NOW, 1)),
            daily: order.map((number) => ({ subject: `key_${number}`, day: 20_000, used: 1 })),
          }),
        ),
      ),
    );
    for (const number of [0, 49]) {
      assert.deepEqual(await store.queryUsage({ keyId: `key_${number}`, from: NOW, to: NOW + 1 }), [
        hourOf(`key_${number}`, NOW, 4),
      ]);
    }
    assert.deepEqual(new Set((await store.readDaily(20_000)).map(({ used }) => used)), new Set([4]));
  });
}
