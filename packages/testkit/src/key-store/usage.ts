import assert from "node:assert/strict";
import type { Store } from "@keyward/core";
import type { TagBounds, UsageBatch, UsageRow, UsageSelection } from "@keyward/core/store";
import type { KeyStoreCase } from "../test-key-store.ts";
import { auditEvent, HOUR_MS, keyRecord, NOW, usageCount, usageCounts } from "./fixtures.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * HOUR_MS;

function batch(parts: Partial<UsageBatch>): UsageBatch {
  return { usage: [], lastUses: [], ...parts };
}

function query(store: Store, selection: Partial<UsageSelection>): Promise<readonly UsageRow[]> {
  const whole = { from: 0, to: NOW + 10 * HOUR_MS, unit: "hour", stepMs: HOUR_MS, by: [] } as const;
  return Promise.resolve(store.queryUsage({ ...whole, ...selection }));
}

/** A row that is not grouped by anything but time. */
function row(start: number, factor: number, group: Partial<UsageRow> = {}): UsageRow {
  return { start, ownerId: null, keyId: null, tag: null, ...usageCounts(factor), ...group };
}

function boundsAt(now: number): TagBounds {
  return { limit: 50, now, idleBefore: now - 31 * DAY_MS };
}

const ofKey = (number: number) => ({ keyId: `key_${number}`, ownerId: null });

/** Usage by minute and hour, tags, and last uses. */
export function testUsage(test: KeyStoreCase): void {
  test("adds usage to its hours, and returns the hours of a range, oldest first", async (store) => {
    const next = { ...usageCount("key_1", NOW + HOUR_MS, 10), busiestSecond: 5 };
    await store.addUsage(batch({ usage: [next, usageCount("key_9", NOW, 100)] }));
    await store.addUsage(batch({ usage: [usageCount("key_1", NOW, 1), next] }));
    const first = row(NOW, 1);
    const second = row(NOW + HOUR_MS, 20, { busiestSecond: 5 });
    assert.deepEqual(await query(store, ofKey(1)), [first, second]);
    assert.deepEqual(await query(store, { ...ofKey(1), from: NOW, to: NOW + HOUR_MS }), [first]);
    assert.deepEqual(await query(store, { ...ofKey(1), from: NOW + HOUR_MS, to: NOW + 2 * HOUR_MS }), [
      second,
    ]);
  });

  test("keeps usage by minute too", async (store) => {
    const usage = [0, 1, 59, 61].map((minute) => usageCount("key_1", NOW + minute * MINUTE_MS, minute + 1));
    await store.addUsage(batch({ usage }));
    assert.deepEqual(
      (await query(store, { ...ofKey(1), unit: "minute", stepMs: MINUTE_MS })).map(({ start, admitted }) => [
        (start - NOW) / MINUTE_MS,
        admitted,
      ]),
      [
        [0, 1],
        [1, 2],
        [59, 60],
        [61, 62],
      ],
    );
    const hours = (await query(store, ofKey(1))).map(({ admitted, busiestSecond }) => [
      admitted,
      busiestSecond,
    ]);
    assert.deepEqual(hours, [
      [63, 480],
      [62, 496],
    ]);
  });

  test("returns nothing at once for decades without any use", async (store) => {
    const decades = { from: 0, unit: "minute", stepMs: MINUTE_MS } as const;
    for (const ownerId of ["blue", null]) assert.deepEqual(await query(store, { ownerId, ...decades }), []);
  });

  test("adds hours up to days, or to the whole range", async (store) => {
    const usage = [0, 1, 12, 13].map((hours) => usageCount("key_1", NOW + (hours - 12) * HOUR_MS, 1));
    await store.addUsage(batch({ usage }));
    const day = NOW - 12 * HOUR_MS;
    const busiest = { busiestSecond: 8 };
    assert.deepEqual(await query(store, { ...ofKey(1), stepMs: DAY_MS }), [row(day, 4, busiest)]);
    assert.deepEqual(await query(store, { ...ofKey(1), from: NOW, stepMs: undefined }), [
      row(NOW, 2, busiest),
    ]);
    assert.deepEqual(await query(store, { ...ofKey(2), stepMs: undefined }), []);
  });

  test("groups usage by owner, key line and tag", async (store) => {
    const blue = { ownerId: "blue" };
    const usage = [
      usageCount(null, NOW, 11, blue),
      usageCount("key_1", NOW, 1, blue),
      usageCount("key_1", NOW, 1, { ...blue, tag: "/a" }),
      usageCount("key_2", NOW, 10, blue),
      usageCount("key_2", NOW, 4, { ...blue, tag: "/b" }),
      usageCount(null, NOW, 1, { ...blue, tag: "/a" }),
      usageCount(null, NOW, 4, { ...blue, tag: "/b" }),
      usageCount(null, NOW, 100, { ownerId: "red" }),
      usageCount("key_3", NOW, 100, { ownerId: "red" }),
      usageCount("key_4", NOW, 1000),
    ];
    await store.addUsage(batch({ usage }));
    const groups = async (selection: Partial<UsageSelection>) =>
      (await query(store, selection))
        .map(({ ownerId, keyId, tag, admitted }) => [ownerId, keyId, tag, admitted].join(" "))
        .toSorted();
    assert.deepEqual(await groups(blue), ["   11"]);
    assert.deepEqual(await groups({ ...blue, by: ["key"] }), [" key_1  1", " key_2  10"]);
    assert.deepEqual(await groups({ ...blue, by: ["tag"] }), ["   11", "  /a 1", "  /b 4"]);
    assert.deepEqual(await groups({ ...blue, by: ["key", "tag"] }), [
      " key_1  1",
      " key_1 /a 1",
      " key_2  10",
      " key_2 /b 4",
    ]);
    assert.deepEqual(await groups({}), ["   1111"]);
    assert.deepEqual(await groups({ by: ["owner"] }), ["   1000", "blue   11", "red   100"]);
    assert.deepEqual(await groups({ by: ["owner", "key"] }), [
      " key_4  1000",
      "blue key_1  1",
      "blue key_2  10",
      "red key_3  100",
    ]);
    assert.deepEqual(await groups({ ownerId: null }), ["   1000"]);
    assert.deepEqual(await groups({ ...blue, keyId: "key_2", by: ["tag"] }), ["   10", "  /b 4"]);
    assert.deepEqual(await groups({ ownerId: "nobody" }), []);
    const lines = [
      { keyId: "key_2", ownerId: "blue" },
      { keyId: "key_4", ownerId: null },
      { keyId: "key_3", ownerId: "blue" },
    ];
    assert.deepEqual(await groups({ lines, by: ["key"] }), [" key_2  10", " key_4  1000"]);
    assert.deepEqual(await groups({ lines }), ["   1010"]);
  });

  test("deletes minutes and hours from before a time, and no others", async (store) => {
    const usage = [-2, -1, 0].map((hours) => usageCount("key_1", NOW + hours * HOUR_MS, 1));
    await store.addUsage(batch({ usage }));
    await store.dropUsage({ minutesBefore: NOW, hoursBefore: NOW - HOUR_MS, networksBefore: NOW });
    const starts = async (selection: Partial<UsageSelection>) =>
      (await query(store, { ...ofKey(1), ...selection })).map(({ start }) => start);
    assert.deepEqual(await starts({}), [NOW - HOUR_MS, NOW]);
    assert.deepEqual(await starts({ unit: "minute", stepMs: MINUTE_MS }), [NOW]);
  });

  test("accepts 50 tags of an owner, and replaces one that was not claimed for 31 days", async (store) => {
    const blue = { ownerId: "blue", keyId: null };
    const tags = Array.from({ length: 60 }, (_, number) => `/${100 + number}`);
    const claim = (names: readonly string[], at: number) => store.claimTags(blue, names, boundsAt(at));
    assert.deepEqual((await claim(tags.slice(0, 30), NOW)).length, 30);
    assert.deepEqual((await claim(tags.slice(20), NOW + HOUR_MS)).toSorted(), tags.slice(20, 50));
    assert.deepEqual(await claim(tags.slice(55), NOW + DAY_MS), []);
    assert.deepEqual(await claim(tags.slice(1, 50), NOW + 20 * DAY_MS), tags.slice(1, 50));
    assert.deepEqual(await claim(tags.slice(55), NOW + 32 * DAY_MS), ["/155"]);
    assert.deepEqual(await claim(["/100"], NOW + 32 * DAY_MS), []);
    assert.deepEqual(await store.claimTags({ ownerId: null, keyId: "key_1" }, ["/155"], boundsAt(NOW)), [
      "/155",
    ]);
  });

  test("accepts 50 tags where several processes claim them at the same time", async (store) => {
    const blue = { ownerId: "blue", keyId: null };
    const tags = Array.from({ length: 60 }, (_, number) => `/${100 + number}`);
    const claims = await Promise.all(
      [0, 1, 2, 3].map((process) =>
        store.claimTags(blue, [...tags.slice(process), ...tags.slice(0, process)], boundsAt(NOW)),
      ),
    );
    assert.equal(new Set(claims.flat()).size, 50);
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

  test("keeps the networks of a key line, each with its last use", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    await store.insert(keyRecord(2, { lineageId: "key_1" }), auditEvent(2));
    const [one, other, third] = ["192.0.2.0/24", "198.51.100.0/24", "2001:db8::/56"];
    const useFrom = async (keyId: string, network: string | undefined, at: number) =>
      store.addUsage(batch({ lastUses: [{ keyId, at, address: null, network }] }));
    await useFrom("key_1", one, NOW);
    await useFrom("key_1", other, NOW + HOUR_MS);
    await useFrom("key_1", undefined, NOW + 2 * HOUR_MS);
    await useFrom("key_2", one, NOW + 2 * HOUR_MS);
    await useFrom("key_2", one, NOW);
    await useFrom("key_2", third, NOW - DAY_MS);
    await useFrom("key_3", third, NOW);
    const uses = [
      { network: one, at: NOW + 2 * HOUR_MS },
      { network: other, at: NOW + HOUR_MS },
      { network: third, at: NOW - DAY_MS },
    ];
    assert.deepEqual(await store.listNetworks("key_1", 0), uses);
    assert.deepEqual(await store.listNetworks("key_1", NOW), uses.slice(0, 2));
    assert.deepEqual(await store.listNetworks("key_2", 0), []);
    await store.dropUsage({ minutesBefore: 0, hoursBefore: 0, networksBefore: NOW + 2 * HOUR_MS });
    assert.deepEqual(await store.listNetworks("key_1", 0), uses.slice(0, 1));
  });

  test("keeps at most 100 networks of a key", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    const networks = Array.from({ length: 103 }, (_, index) => `198.18.${index}.0/24`);
    for (const network of [...networks, networks[0]]) {
      const at = NOW + networks.indexOf(network as string) * HOUR_MS;
      await store.addUsage(batch({ lastUses: [{ keyId: "key_1", at, address: null, network }] }));
    }
    const kept = (await store.listNetworks("key_1", 0)).map(({ network }) => network);
    assert.deepEqual(kept, networks.slice(0, 100).toReversed());
  });

  test("stores a batch of many keys", async (store) => {
    const numbers = Array.from({ length: 1234 }, (_, number) => number);
    await store.insert(keyRecord(1233), auditEvent(1));
    await store.addUsage({
      usage: numbers.map((number) => usageCount(`key_${number}`, NOW, number)),
      lastUses: numbers.map((number) => ({ keyId: `key_${number}`, at: NOW, address: "192.0.2.1" })),
    });
    assert.deepEqual(await query(store, ofKey(1233)), [row(NOW, 1233)]);
    assert.equal((await store.find("key_1233"))?.lastUsedAt, NOW);
  });

  test("adds policies and codes to an hour without them", async (store) => {
    for (const [refusedBy, refusedWith] of [
      [{}, {}],
      [{ burst: 1 }, { "rate-limit-exceeded": 1 }],
      [{ monthly: 2, "a-b-hourly": 3 }, { "rate-limit-exceeded": 3 }],
      [{ burst: 4 }, { "revoked-api-key": 2 }],
    ] as const) {
      await store.addUsage(batch({ usage: [{ ...usageCount("key_1", NOW, 1), refusedBy, refusedWith }] }));
    }
    const [hour] = await query(store, ofKey(1));
    assert.deepEqual(hour?.refusedBy, { burst: 5, monthly: 2, "a-b-hourly": 3 });
    assert.deepEqual(hour.refusedWith, { "rate-limit-exceeded": 4, "revoked-api-key": 2 });
    assert.equal(hour.refused, 12);
  });

  test("subtracts withdrawn requests", async (store) => {
    await store.addUsage(batch({ usage: [usageCount("key_1", NOW, 3)] }));
    const withdrawn = { ...usageCount("key_1", NOW, 0), admitted: -1, cost: -4 };
    await store.addUsage(batch({ usage: [{ ...withdrawn, refusedBy: {}, refusedWith: {} }] }));
    assert.deepEqual(await query(store, ofKey(1)), [row(NOW, 3, { admitted: 2, cost: 2 })]);
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
      assert.deepEqual(await query(store, ofKey(number)), [row(NOW, 4, { busiestSecond: 8 })]);
    }
  });
}
