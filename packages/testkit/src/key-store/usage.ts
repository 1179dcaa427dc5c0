import assert from "node:assert/strict";
import type { UsageBatch } from "@keyward/core";
import type { KeyStoreCase } from "../test-key-store.ts";
import { auditEvent, HOUR_MS, keyRecord, NOW, usageCount } from "./fixtures.ts";

function batch(parts: Partial<UsageBatch>): UsageBatch {
  return { usage: [], lastUses: [], ...parts };
}

/** An hour as a query returns it: without the key. */
function hourOf(...of: Parameters<typeof usageCount>) {
  const { keyId: _keyId, ...hour } = usageCount(...of);
  return hour;
}

/** Usage by hour, and last uses. */
export function testUsage(test: KeyStoreCase): void {
  test("adds usage to its hours, and returns the hours of a range, oldest first", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
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

  test("returns the usage of all keys of an owner together", async (store) => {
    for (const [number, ownerId] of [
      [1, "blue"],
      [2, "blue"],
      [3, "red"],
    ] as const) {
      await store.insert(keyRecord(number, { ownerId }), auditEvent(number));
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

  test("deletes usage from before a time, and no other", async (store) => {
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

  test("moves the last use forwards, never back", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    await store.insert(keyRecord(2), auditEvent(2));
    const used = (at: number, address: string) => ({ keyId: "key_1", at, address });
    const other = { keyId: "key_2", at: NOW, address: "2001:db8::1" };
    for (const [use, at, address] of [
      [used(NOW, "192.0.2.1"), NOW, "192.0.2.1"],
      [used(NOW - HOUR_MS, "192.0.2.2"), NOW, "192.0.2.1"],
      [used(NOW + HOUR_MS, "192.0.2.3"), NOW + HOUR_MS, "192.0.2.3"],
    ] as const) {
      await store.addUsage(batch({ lastUses: [other, use] }));
      const record = await store.find("key_1");
      assert.deepEqual([record?.lastUsedAt, record?.lastUsedAddress], [at, address]);
    }
    assert.equal((await store.find("key_2"))?.lastUsedAddress, "2001:db8::1");
  });

  test("stores a batch of many keys", async (store) => {
    const usage = Array.from({ length: 1234 }, (_, number) => usageCount(`key_${number}`, NOW, number));
    const lastUses = usage.map(({ keyId }) => ({ keyId, at: NOW, address: "192.0.2.1" }));
    await store.insert(keyRecord(1233), auditEvent(1));
    await store.addUsage({ usage, lastUses });
    assert.deepEqual(await store.queryUsage({ keyId: "key_1233", from: NOW, to: NOW + 1 }), [
      hourOf("key_1233", NOW, 1233),
    ]);
    assert.equal((await store.find("key_1233"))?.lastUsedAt, NOW);
  });

  test("adds policies to an hour that had none of them", async (store) => {
    const count = (refusedBy: Record<string, number>) => ({ ...usageCount("key_1", NOW, 1), refusedBy });
    for (const refusedBy of [{}, { burst: 1 }, { monthly: 2, "a-b-hourly": 3 }, { burst: 4 }]) {
      await store.addUsage(batch({ usage: [count(refusedBy)] }));
    }
    const [hour] = await store.queryUsage({ keyId: "key_1", from: NOW, to: NOW + 1 });
    assert.deepEqual(hour?.refusedBy, { burst: 5, monthly: 2, "a-b-hourly": 3 });
    assert.equal(hour.refused, 12);
  });

  test("subtracts withdrawn requests", async (store) => {
    await store.addUsage(batch({ usage: [usageCount("key_1", NOW, 3)] }));
    const withdrawn = { ...usageCount("key_1", NOW, 0), admitted: -1, cost: -4, refusedBy: {} };
    await store.addUsage(batch({ usage: [withdrawn] }));
    const { keyId: _keyId, ...hour } = usageCount("key_1", NOW, 3);
    assert.deepEqual(await store.queryUsage({ keyId: "key_1", from: NOW, to: NOW + 1 }), [
      { ...hour, admitted: 2, cost: 2 },
    ]);
  });

  test("records a last use whose address is unknown", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    await store.addUsage(batch({ lastUses: [{ keyId: "key_1", at: NOW, address: "192.0.2.1" }] }));
    await store.addUsage(batch({ lastUses: [{ keyId: "key_1", at: NOW + HOUR_MS, address: null }] }));
    const record = await store.find("key_1");
    assert.deepEqual([record?.lastUsedAt, record?.lastUsedAddress], [NOW + HOUR_MS, null]);
  });

  test("adds up usage that is written concurrently in different orders", async (store) => {
    const numbers = Array.from({ length: 50 }, (_, number) => number);
    const backwards = numbers.toReversed();
    await Promise.all(
      [numbers, backwards, numbers, backwards].map((order) =>
        store.addUsage(batch({ usage: order.map((number) => usageCount(`key_${number}`, NOW, 1)) })),
      ),
    );
    for (const number of [0, 49]) {
      assert.deepEqual(await store.queryUsage({ keyId: `key_${number}`, from: NOW, to: NOW + 1 }), [
        hourOf(`key_${number}`, NOW, 4),
      ]);
    }
  });
}
