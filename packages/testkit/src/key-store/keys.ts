import assert from "node:assert/strict";
import type { Metadata } from "@keyward/core";
import type { KeyChange, KeyRecord } from "@keyward/core/store";
import type { KeyStoreCase } from "../test-key-store.ts";
import { assertRejects, auditEvent, HOUR_MS, keyRecord, NOW, ownerRecord } from "./fixtures.ts";

/** Keys: each call happens completely or not at all, together with its audit event. */
export function testKeys(test: KeyStoreCase): void {
  test("returns every field of a key, by digest with its owner, and by id", async (store) => {
    const record = keyRecord(1, {
      lineageId: "key_0",
      ownerId: "acme",
      scopes: ["reports:write", "reports:read"],
      plan: "pro",
      limits: { rate: 1, per: "minute", burst: 2, daily: 3, monthly: null, timeZone: "Europe/Berlin" },
      limitsUntil: NOW + HOUR_MS,
      allowedAddresses: ["203.0.113.0/24", "2001:db8::/48"],
      expiresAt: NOW + HOUR_MS,
      pausedAt: NOW,
      pausedUntil: NOW + HOUR_MS,
      pauseReason: "Unpaid invoice",
      pausedBy: "operator",
      metadata: JSON.parse(
        '{ "team": "blue", "nested": { "list": [1, null, "two"] }, "__proto__": "own" }',
      ) as Metadata,
    });
    assert.deepEqual(await store.insert(record, auditEvent(1)), { outcome: "inserted" });
    assert.deepEqual(await store.find(record.id), record);
    const owner = ownerRecord("acme", record.createdAt);
    assert.deepEqual(await store.findByDigest(record.digest), { key: record, owner });
  });

  test("returns a key without an owner, and without any optional field", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    assert.deepEqual(await store.find("key_1"), keyRecord(1));
    assert.deepEqual(await store.findByDigest(keyRecord(1).digest), { key: keyRecord(1), owner: undefined });
    assert.deepEqual(await store.listOwners({ limit: 10 }), []);
  });

  test("returns nothing for keys that do not exist", async (store) => {
    for (const id of ["", "key_none", "__proto__", "' or 1=1 --"]) {
      assert.equal(await store.find(id), undefined);
      assert.equal(await store.findByDigest(id), undefined);
    }
    assert.deepEqual(await store.list({}, { order: "newest", limit: 10 }), []);
    const hours = { from: 0, to: NOW, unit: "hour", stepMs: undefined, by: [] } as const;
    assert.deepEqual(await store.queryUsage({ keyId: "key_none", ownerId: null, ...hours }), []);
  });

  test("rejects an id or a digest that exists, and changes nothing", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    await assertRejects(
      async () => store.insert(keyRecord(1, { digest: "other", ownerId: "acme" }), auditEvent(2)),
      "key-conflict",
    );
    await assertRejects(
      async () => store.insert(keyRecord(2, { digest: keyRecord(1).digest, ownerId: "acme" }), auditEvent(3)),
      "key-conflict",
    );
    assert.deepEqual(await store.find("key_1"), keyRecord(1));
    assert.equal(await store.findOwner("acme"), undefined);
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 1);
  });

  test("changes the given fields and no others, with an audit event", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    const change = {
      name: "new",
      scopes: ["a"],
      plan: "pro",
      limits: { rate: 1, burst: null, daily: 1 },
      limitsUntil: NOW + 2,
      allowedAddresses: ["203.0.113.7/32"],
      expiresAt: NOW + 1,
      pausedAt: NOW,
      pausedUntil: NOW + 3,
      pauseReason: "Reported as leaked",
      pausedBy: "owner" as const,
      metadata: { team: "red" },
    };
    const outcome = await store.change("key_1", change, () => auditEvent(2));
    assert.deepEqual(outcome, { outcome: "changed", record: keyRecord(1, { ...change, revision: 2 }) });
    assert.deepEqual(await store.find("key_1"), keyRecord(1, { ...change, revision: 2 }));
    const removal: KeyChange = {
      plan: null,
      limits: null,
      limitsUntil: null,
      allowedAddresses: null,
      expiresAt: null,
      pausedAt: null,
      pausedUntil: null,
      pauseReason: null,
      pausedBy: null,
    };
    await store.change("key_1", removal, () => auditEvent(3));
    assert.deepEqual(await store.find("key_1"), keyRecord(1, { ...change, ...removal, revision: 3 }));
    assert.deepEqual(
      (await store.listAudit({}, { limit: 10 })).map(({ id }) => id),
      ["act_3", "act_2", "act_1"],
    );
  });

  test("never changes a revoked key, and stores no audit event for a refused change", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    await store.change("key_1", { revokedAt: NOW }, () => auditEvent(2));
    const revoked = keyRecord(1, { revokedAt: NOW, revision: 2 });
    for (const change of [
      { revokedAt: null },
      { revokedAt: NOW + 1 },
      { name: "alive" },
      { expiresAt: NOW },
      { pausedAt: NOW },
    ]) {
      assert.deepEqual(await store.change("key_1", change, () => auditEvent(3)), {
        outcome: "refused",
        record: revoked,
      });
    }
    const successor = keyRecord(2, { ownerId: "acme" });
    const replaced = await store.replace("key_1", { rotatedTo: "key_2" }, successor, {
      events: [auditEvent(3)],
      ifRevision: 2,
    });
    assert.deepEqual(replaced, { outcome: "refused", record: revoked });
    assert.deepEqual(await store.find("key_1"), revoked);
    assert.equal(await store.find("key_2"), undefined);
    assert.equal(await store.findOwner("acme"), undefined);
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 2);
  });

  test("changes a key only if it has the revision that the change is meant for", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    const rename = (name: string, number: number) =>
      store.change("key_1", { name }, () => auditEvent(number), { ifRevision: 1 });
    const outcomes = await Promise.all([2, 3, 4].map((number) => rename(`renamed ${number}`, number)));
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome).toSorted((a, b) => a.localeCompare(b)),
      ["changed", "refused", "refused"],
    );
    assert.equal((await store.find("key_1"))?.revision, 2);
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 2);
    assert.equal(
      (await store.change("key_1", {}, () => auditEvent(5), { ifRevision: 2 })).outcome,
      "changed",
    );
  });

  test("inserts one key per idempotency key, however many requests come at once", async (store) => {
    const records = [1, 2, 3, 4].map((number) =>
      keyRecord(number, { idempotencyKey: "request", ownerId: `owner ${number}` }),
    );
    const outcomes = await Promise.all(
      records.map(async (record, index) => store.insert(record, auditEvent(index))),
    );
    const [kept, ...others] = await store.list({}, { order: "newest", limit: 10 });
    assert.equal(others.length, 0);
    assert.deepEqual(
      outcomes.toSorted((a, b) => b.outcome.localeCompare(a.outcome)),
      [{ outcome: "inserted" }, ...Array.from({ length: 3 }, () => ({ outcome: "duplicate", record: kept }))],
    );
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 1);
    assert.deepEqual(
      (await store.listOwners({ limit: 10 })).map(({ id }) => id),
      [kept?.ownerId],
    );
    for (const record of [keyRecord(5, { idempotencyKey: "another" }), keyRecord(6), keyRecord(7)]) {
      const event = auditEvent(0, { id: `act_${record.id}` });
      assert.deepEqual(await store.insert(record, event), { outcome: "inserted" });
    }
  });

  test("reports that a key to change or replace does not exist", async (store) => {
    assert.deepEqual(await store.change("key_1", { name: "x" }, () => auditEvent(1)), {
      outcome: "not-found",
    });
    const successor = keyRecord(2, { ownerId: "acme" });
    assert.deepEqual(
      await store.replace("key_1", {}, successor, { events: [auditEvent(1)], ifRevision: 1 }),
      {
        outcome: "not-found",
      },
    );
    assert.equal(await store.findOwner("acme"), undefined);
    assert.deepEqual(await store.listAudit({}, { limit: 10 }), []);
  });

  test("replaces a key once: all but one of concurrent rotations are refused", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    const outcomes = await Promise.all(
      [2, 3, 4, 5].map((number) =>
        store.replace(
          "key_1",
          { rotatedTo: `key_${number}`, expiresAt: NOW },
          keyRecord(number, { lineageId: "key_1" }),
          { events: [auditEvent(number), auditEvent(number + 10)], ifRevision: 1 },
        ),
      ),
    );
    assert.equal(outcomes.filter(({ outcome }) => outcome === "changed").length, 1);
    const old = await store.find("key_1");
    const keys = await store.list({}, { order: "newest", limit: 10 });
    assert.deepEqual(
      keys.map(({ id, lineageId }) => [id, lineageId]),
      [
        [old?.rotatedTo, "key_1"],
        ["key_1", "key_1"],
      ],
    );
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 3);
    // It can still be renamed, but its life cannot be extended.
    assert.equal((await store.change("key_1", { name: "x" }, () => auditEvent(8))).outcome, "changed");
    const longer = await store.change("key_1", { expiresAt: null }, () => auditEvent(9), {
      unlessReplaced: true,
    });
    assert.equal(longer.outcome, "refused");
  });

  test("changes nothing if the successor of a key cannot be inserted", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    await store.insert(keyRecord(2), auditEvent(2));
    await assertRejects(
      async () =>
        store.replace("key_1", { revokedAt: NOW }, keyRecord(2), { events: [auditEvent(3)], ifRevision: 1 }),
      "key-conflict",
    );
    assert.deepEqual(await store.find("key_1"), keyRecord(1));
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 2);
  });

  test("replaces a key only if it has the revision that the successor was made from", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    await store.change("key_1", { name: "renamed" }, () => auditEvent(2));
    const rotate = (ifRevision: number) =>
      store.replace("key_1", { rotatedTo: "key_2" }, keyRecord(2), { events: [auditEvent(3)], ifRevision });
    const renamed = keyRecord(1, { name: "renamed", revision: 2 });
    assert.deepEqual(await rotate(1), { outcome: "refused", record: renamed });
    assert.equal(await store.find("key_2"), undefined);
    assert.deepEqual(await rotate(2), {
      outcome: "changed",
      record: { ...renamed, rotatedTo: "key_2", revision: 3 },
    });
  });

  test("inserts no more key lines for an owner than permitted, however many requests come at once", async (store) => {
    const bounds = { maxKeys: 3, now: NOW };
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5].map(async (number) =>
        store.insert(keyRecord(number, { ownerId: "acme" }), auditEvent(number), bounds),
      ),
    );
    assert.deepEqual(outcomes.map(({ outcome }) => outcome).toSorted(), [
      "inserted",
      "inserted",
      "inserted",
      "too-many",
      "too-many",
    ]);
    assert.equal((await store.list({}, { order: "newest", limit: 10 })).length, 3);
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 3);
    // Other owners and keys without bounds are not counted against each other.
    for (const [number, ownerId] of [
      [6, "globex"],
      [7, null],
    ] as const) {
      const outcome = await store.insert(keyRecord(number, { ownerId }), auditEvent(number), bounds);
      assert.deepEqual(outcome, { outcome: "inserted" });
    }
    assert.deepEqual(await store.insert(keyRecord(8, { ownerId: "acme" }), auditEvent(8)), {
      outcome: "inserted",
    });
  });

  test("counts key lines that have a key which is neither revoked nor expired", async (store) => {
    const owned = (number: number, fields: Partial<KeyRecord> = {}) =>
      keyRecord(number, { ownerId: "acme", ...fields });
    await store.insert(owned(1, { revokedAt: NOW }), auditEvent(1));
    await store.insert(owned(2, { expiresAt: NOW }), auditEvent(2));
    await store.insert(owned(3, { pausedAt: NOW, expiresAt: NOW + 1 }), auditEvent(3));
    await store.replace("key_3", { rotatedTo: "key_4" }, owned(4, { lineageId: "key_3" }), {
      events: [auditEvent(4)],
      ifRevision: 1,
    });
    const insert = (number: number) =>
      store.insert(owned(number), auditEvent(number), { maxKeys: 2, now: NOW });
    assert.deepEqual(await insert(5), { outcome: "inserted" });
    assert.deepEqual(await insert(6), { outcome: "too-many" });
    assert.equal(await store.find("key_6"), undefined);
    await store.change("key_5", { revokedAt: NOW }, () => auditEvent(7));
    assert.deepEqual(await insert(8), { outcome: "inserted" });
  });
}
