import assert from "node:assert/strict";
import type { Metadata } from "@keyward/core";
import type { KeyStoreCase } from "../test-key-store.ts";
import { assertRejects, auditEntry, HOUR_MS, keyRecord, NOW } from "./fixtures.ts";

/** Keys: what is written is there, wholly or not at all, with its audit entry. */
export function testKeys(test: KeyStoreCase): void {
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
    assert.deepEqual(await store.list({}, { order: "newest", limit: 10 }), []);
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

  test("changes what it is told to, and nothing else, with an audit entry", async (store) => {
    await store.insert(keyRecord(1), auditEntry(1));
    const change = {
      name: "new",
      scopes: ["a"],
      limits: { rate: 1, burst: 1, daily: 1 },
      expiresAt: NOW + 1,
    };
    const outcome = await store.change("key_1", change, auditEntry(2));
    assert.deepEqual(outcome, { outcome: "changed", record: keyRecord(1, { ...change, revision: 2 }) });
    assert.deepEqual(await store.find("key_1"), keyRecord(1, { ...change, revision: 2 }));
    await store.change("key_1", { limits: null, expiresAt: null }, auditEntry(3));
    assert.deepEqual(
      await store.find("key_1"),
      keyRecord(1, { ...change, limits: null, expiresAt: null, revision: 3 }),
    );
    assert.deepEqual(
      (await store.listAudit({}, { limit: 10 })).map(({ id }) => id),
      ["act_3", "act_2", "act_1"],
    );
  });

  test("never changes a revoked key, and writes no audit entry for what it did not do", async (store) => {
    await store.insert(keyRecord(1), auditEntry(1));
    await store.change("key_1", { revokedAt: NOW }, auditEntry(2));
    const revoked = keyRecord(1, { revokedAt: NOW, revision: 2 });
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
    const replaced = await store.replace(revoked, { rotatedTo: "key_2" }, keyRecord(2), [auditEntry(3)]);
    assert.deepEqual(replaced, { outcome: "refused", record: revoked });
    assert.deepEqual(await store.find("key_1"), revoked);
    assert.equal(await store.find("key_2"), undefined);
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 2);
  });

  test("changes a key only if it is of the revision that the change is meant for", async (store) => {
    await store.insert(keyRecord(1), auditEntry(1));
    const rename = (name: string, number: number) =>
      store.change("key_1", { name }, auditEntry(number), { ifRevision: 1 });
    const outcomes = await Promise.all([2, 3, 4].map((number) => rename(`renamed ${number}`, number)));
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome).toSorted((a, b) => a.localeCompare(b)),
      ["changed", "refused", "refused"],
    );
    assert.equal((await store.find("key_1"))?.revision, 2);
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 2);
    assert.equal((await store.change("key_1", {}, auditEntry(5), { ifRevision: 2 })).outcome, "changed");
  });

  test("replaces a key only if it has the revision that the successor was made from", async (store) => {
    await store.insert(keyRecord(1), auditEntry(1));
    await store.change("key_1", { scopes: [] }, auditEntry(2));
    const current = await store.find("key_1");
    const outcome = await store.replace(keyRecord(1), { rotatedTo: "key_2" }, keyRecord(2), [auditEntry(3)]);
    assert.deepEqual(outcome, { outcome: "refused", record: current });
    assert.equal(await store.find("key_2"), undefined);
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 2);
  });

  test("inserts one key for one request, however often and however many at once it is sent", async (store) => {
    const records = [1, 2, 3, 4].map((number) => keyRecord(number, { idempotencyKey: "request" }));
    const earlier = await Promise.all(
      records.map(async (record, index) => store.insert(record, auditEntry(index))),
    );
    const [kept, ...others] = await store.list({}, { order: "newest", limit: 10 });
    assert.equal(others.length, 0);
    assert.equal(earlier.filter((record) => record === undefined).length, 1);
    assert.equal(earlier.filter((record) => record?.id === kept?.id).length, 3);
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 1);
    assert.equal(await store.insert(keyRecord(5, { idempotencyKey: "another" }), auditEntry(5)), undefined);
    assert.equal(await store.insert(keyRecord(6), auditEntry(6)), undefined);
    assert.equal(await store.insert(keyRecord(7), auditEntry(7)), undefined);
  });

  test("says when there is no key to change or replace", async (store) => {
    assert.deepEqual(await store.change("key_1", { name: "x" }, auditEntry(1)), { outcome: "not-found" });
    assert.deepEqual(await store.replace(keyRecord(1), {}, keyRecord(2), [auditEntry(1)]), {
      outcome: "not-found",
    });
    assert.deepEqual(await store.listAudit({}, { limit: 10 }), []);
  });

  test("replaces a key once: of many at the same time one wins", async (store) => {
    await store.insert(keyRecord(1), auditEntry(1));
    const outcomes = await Promise.all(
      [2, 3, 4, 5].map((number) =>
        store.replace(keyRecord(1), { rotatedTo: `key_${number}`, expiresAt: NOW }, keyRecord(number), [
          auditEntry(number),
        ]),
      ),
    );
    assert.equal(outcomes.filter(({ outcome }) => outcome === "changed").length, 1);
    const old = await store.find("key_1");
    assert.deepEqual(
      (await store.list({}, { order: "newest", limit: 10 })).map(({ id }) => id),
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
      async () => store.replace(keyRecord(1), { revokedAt: NOW }, keyRecord(2), [auditEntry(3)]),
      "key-conflict",
    );
    assert.deepEqual(await store.find("key_1"), keyRecord(1));
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 2);
  });
}
