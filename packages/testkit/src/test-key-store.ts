import assert from "node:assert/strict";
import {
  KeywardError,
  type AuditEntry,
  type KeyRecord,
  type KeyStore,
  type Metadata,
  type UsageCount,
} from "@keyward/core";
import type { TestRunner } from "./runner.ts";

/** A store that is to be tested, and what it can do. */
export interface KeyStoreUnderTest {
  readonly name: string;
  /** An empty store of its own. */
  create(): Promise<OpenedStore>;
}

export interface OpenedStore {
  readonly store: KeyStore;
  /** A second connection to the same data, for stores that are durable. Closed by the suite. */
  reopen?(): Promise<KeyStore>;
  /** Called after `store` was closed. */
  cleanUp?(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2025, 5, 15, 12);

/** Holds a key store to its contract: what is written is there, atomically, and a revoked key stays revoked. */
export function testKeyStore({ describe, it }: TestRunner, { name, create }: KeyStoreUnderTest): void {
  describe(`${name} key store`, () => {
    function test(title: string, body: (store: KeyStore, opened: OpenedStore) => Promise<void>): void {
      it(title, async () => {
        const opened = await create();
        try {
          await body(opened.store, opened);
        } finally {
          await opened.store.close();
          await opened.cleanUp?.();
        }
      });
    }

    test("gives back every field of a record, by digest and by id", async (store) => {
      const record = keyRecord(1, {
        scopes: ["reports:write", "reports:read"],
        limits: { rate: 1, burst: 2, daily: 3 },
        expiresAt: NOW + HOUR_MS,
        metadata: JSON.parse(
          '{ "team": "blue", "nested": { "list": [1, null, "two"] }, "__proto__": "own" }',
        ) as Metadata,
      });
      await store.insert(record, auditEntry(1));
      assert.deepEqual(await store.find(record.id), record);
      assert.deepEqual(await store.findByDigest(record.digest), record);
    });

    test("has nothing of what was never inserted", async (store) => {
      for (const id of ["", "key_none", "__proto__", "' or 1=1 --"]) {
        assert.equal(await store.find(id), undefined);
        assert.equal(await store.findByDigest(id), undefined);
      }
      assert.deepEqual(await store.list({}, { limit: 10 }), []);
      assert.deepEqual(await store.queryUsage({ keyId: "key_none", from: 0, to: NOW }), []);
    });

    test("refuses an id or a digest that is taken, and changes nothing", async (store) => {
      await store.insert(keyRecord(1), auditEntry(1));
      await assertRejects(
        async () => store.insert(keyRecord(1, { digest: "other" }), auditEntry(2)),
        "key-conflict",
      );
      await assertRejects(
        async () => store.insert(keyRecord(2, { digest: keyRecord(1).digest }), auditEntry(3)),
        "key-conflict",
      );
      assert.deepEqual(await store.find("key_1"), keyRecord(1));
      assert.equal((await store.listAudit({}, { limit: 10 })).length, 1);
    });

    test("lists newest first, by owner, a page at a time", async (store) => {
      for (let number = 1; number <= 7; number += 1) {
        await store.insert(
          keyRecord(number, { ownerId: number % 2 === 0 ? "even" : "odd" }),
          auditEntry(number),
        );
      }
      const ids = async (ownerId: string | undefined, before: string | undefined, limit: number) =>
        (await store.list({ ownerId }, { before, limit })).map(({ id }) => id);
      assert.deepEqual(await ids(undefined, undefined, 3), ["key_7", "key_6", "key_5"]);
      assert.deepEqual(await ids(undefined, "key_5", 3), ["key_4", "key_3", "key_2"]);
      assert.deepEqual(await ids("odd", "key_5", 10), ["key_3", "key_1"]);
      assert.deepEqual(await ids("nobody", undefined, 10), []);
    });

    test("changes what it is told to, and nothing else, with an audit entry", async (store) => {
      await store.insert(keyRecord(1), auditEntry(1));
      const change = {
        name: "new",
        scopes: ["a"],
        limits: { rate: 1, burst: 1, daily: 1 },
        expiresAt: NOW + 1,
      };
      const outcome = await store.change("key_1", change, auditEntry(2));
      assert.deepEqual(outcome, { outcome: "changed", record: keyRecord(1, change) });
      assert.deepEqual(await store.find("key_1"), keyRecord(1, change));
      await store.change("key_1", { limits: null, expiresAt: null }, auditEntry(3));
      assert.deepEqual(await store.find("key_1"), keyRecord(1, { ...change, limits: null, expiresAt: null }));
      assert.deepEqual(
        (await store.listAudit({}, { limit: 10 })).map(({ id }) => id),
        ["act_3", "act_2", "act_1"],
      );
    });

    test("never changes a revoked key, and writes no audit entry for what it did not do", async (store) => {
      await store.insert(keyRecord(1), auditEntry(1));
      await store.change("key_1", { revokedAt: NOW }, auditEntry(2));
      const revoked = keyRecord(1, { revokedAt: NOW });
      for (const change of [
        { revokedAt: null },
        { revokedAt: NOW + 1 },
        { name: "alive" },
        { expiresAt: NOW },
      ]) {
        assert.deepEqual(await store.change("key_1", change, auditEntry(3)), {
          outcome: "refused",
          record: revoked,
        });
      }
      const replaced = await store.replace("key_1", { rotatedTo: "key_2" }, keyRecord(2), [auditEntry(3)]);
      assert.deepEqual(replaced, { outcome: "refused", record: revoked });
      assert.deepEqual(await store.find("key_1"), revoked);
      assert.equal(await store.find("key_2"), undefined);
      assert.equal((await store.listAudit({}, { limit: 10 })).length, 2);
    });

    test("says when there is no key to change or replace", async (store) => {
      assert.deepEqual(await store.change("key_1", { name: "x" }, auditEntry(1)), { outcome: "not-found" });
      assert.deepEqual(await store.replace("key_1", {}, keyRecord(2), [auditEntry(1)]), {
        outcome: "not-found",
      });
      assert.deepEqual(await store.listAudit({}, { limit: 10 }), []);
    });

    test("replaces a key once: of many at the same time one wins", async (store) => {
      await store.insert(keyRecord(1), auditEntry(1));
      const outcomes = await Promise.all(
        [2, 3, 4, 5].map((number) =>
          store.replace("key_1", { rotatedTo: `key_${number}`, expiresAt: NOW }, keyRecord(number), [
            auditEntry(number),
          ]),
        ),
      );
      assert.equal(outcomes.filter(({ outcome }) => outcome === "changed").length, 1);
      const old = await store.find("key_1");
      assert.deepEqual(
        (await store.list({}, { limit: 10 })).map(({ id }) => id),
        [old?.rotatedTo, "key_1"],
      );
      assert.equal((await store.listAudit({}, { limit: 10 })).length, 2);
      // It can still be renamed, but not be given a longer life.
      assert.equal((await store.change("key_1", { name: "x" }, auditEntry(8))).outcome, "changed");
      const longer = await store.change("key_1", { expiresAt: null }, auditEntry(9), {
        unlessReplaced: true,
      });
      assert.equal(longer.outcome, "refused");
    });

    test("a replacement whose successor cannot be inserted changes nothing", async (store) => {
      await store.insert(keyRecord(1), auditEntry(1));
      await store.insert(keyRecord(2), auditEntry(2));
      await assertRejects(
        async () => store.replace("key_1", { revokedAt: NOW }, keyRecord(2), [auditEntry(3)]),
        "key-conflict",
      );
      assert.deepEqual(await store.find("key_1"), keyRecord(1));
      assert.equal((await store.listAudit({}, { limit: 10 })).length, 2);
    });

    test("keeps the audit trail by key, newest first, a page at a time", async (store) => {
      await store.insert(keyRecord(1), auditEntry(1));
      await store.insert(keyRecord(2), auditEntry(2));
      await store.change("key_1", { name: "x" }, auditEntry(3, "key_1"));
      const page = await store.listAudit({ keyId: "key_1" }, { limit: 1 });
      assert.deepEqual(page, [auditEntry(3, "key_1")]);
      assert.deepEqual(await store.listAudit({ keyId: "key_1" }, { limit: 5, before: "act_3" }), [
        auditEntry(1),
      ]);
    });

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

    test("answers a ping", async (store) => {
      await store.ping();
    });

    test("if durable, has everything in a second connection as soon as a call resolves", async (store, {
      reopen,
    }) => {
      assert.equal(
        reopen !== undefined,
        store.durable,
        "a durable store can be opened twice, another cannot",
      );
      if (reopen === undefined) return;
      await store.insert(keyRecord(1), auditEntry(1));
      await store.change("key_1", { revokedAt: NOW }, auditEntry(2));
      const second = await reopen();
      try {
        assert.deepEqual(await second.find("key_1"), keyRecord(1, { revokedAt: NOW }));
        assert.equal((await second.listAudit({}, { limit: 10 })).length, 2);
      } finally {
        await second.close();
      }
    });

    test("if it watches, tells of keys that a second connection changed, within a second", async (store, {
      reopen,
    }) => {
      if (store.watch === undefined || reopen === undefined) {
        assert.equal(store.watch, undefined, "a store that watches can be opened twice");
        return;
      }
      await store.insert(keyRecord(1), auditEntry(1));
      const heard: string[] = [];
      const stop = store.watch((keyIds) => heard.push(...keyIds));
      const second = await reopen();
      try {
        await second.change("key_1", { revokedAt: NOW }, auditEntry(2, "key_1"));
        const startedAt = Date.now();
        while (heard.length === 0 && Date.now() - startedAt < 1000)
          await new Promise((done) => setTimeout(done, 20));
        assert.deepEqual(heard, ["key_1"]);
      } finally {
        stop();
        await second.close();
      }
    });
  });
}

function keyRecord(number: number, fields: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id: `key_${number}`,
    digest: `digest of ${number}`,
    masked: "prod_********-****-****-1a234b56",
    name: `key ${number}`,
    environment: "prod",
    ownerId: "default",
    scopes: [],
    plan: "default",
    limits: null,
    createdAt: NOW + number,
    expiresAt: null,
    revokedAt: null,
    rotatedTo: null,
    lastUsedAt: null,
    metadata: {},
    ...fields,
  };
}

function auditEntry(number: number, keyId: string = `key_${number}`): AuditEntry {
  return {
    id: `act_${number}`,
    at: NOW + number,
    action: "key.updated",
    keyId,
    actor: "somebody",
    address: number % 2 === 0 ? "203.0.113.1" : null,
    details: { number },
  };
}

function usageCount(keyId: string, hour: number, factor: number): UsageCount {
  return {
    keyId,
    hour,
    admitted: factor,
    cost: 2 * factor,
    refused: 3 * factor,
    refusedSustained: 4 * factor,
    refusedBurst: 5 * factor,
    refusedDaily: 6 * factor,
    observed: 7 * factor,
    lastUsedAt: hour + 1,
  };
}

async function assertRejects(act: () => Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(act, (error) => error instanceof KeywardError && error.code === code);
}
