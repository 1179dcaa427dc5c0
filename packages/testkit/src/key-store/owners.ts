import assert from "node:assert/strict";
import type { OwnerChange } from "@keyward/core/store";
import type { KeyStoreCase } from "../test-key-store.ts";
import { auditEvent, HOUR_MS, keyRecord, NOW, ownerRecord } from "./fixtures.ts";

/** Owners: created by the first key that names them, or by their first change. */
export function testOwners(test: KeyStoreCase): void {
  test("creates an owner with the first key that names it, and only then", async (store) => {
    await store.insert(keyRecord(1, { ownerId: "acme" }), auditEvent(1));
    const first = ownerRecord("acme", keyRecord(1).createdAt);
    assert.deepEqual(await store.findOwner("acme"), first);
    const event = auditEvent(2, { action: "owner.updated", keyId: null, ownerId: "acme" });
    const initial = ownerRecord("acme", NOW + 2);
    await store.changeOwner(initial, { plan: "pro" }, () => event);
    await store.insert(keyRecord(3, { ownerId: "acme" }), auditEvent(3));
    const changed = { ...first, plan: "pro", revision: 2 };
    assert.deepEqual(await store.findOwner("acme"), changed);
    for (const number of [1, 3]) {
      const found = await store.findByDigest(keyRecord(number).digest);
      assert.deepEqual(found, { key: keyRecord(number, { ownerId: "acme" }), owner: changed });
    }
    assert.equal(await store.findOwner("ACME"), undefined);
  });

  test("creates one owner for concurrent first keys", async (store) => {
    await Promise.all(
      [1, 2, 3, 4].map((number) =>
        store.insert(keyRecord(number, { ownerId: "acme", createdAt: NOW }), auditEvent(number)),
      ),
    );
    assert.deepEqual(await store.listOwners({ limit: 10 }), [ownerRecord("acme", NOW)]);
    assert.equal((await store.list({ ownerId: "acme" }, { order: "newest", limit: 10 })).length, 4);
  });

  test("creates an owner that is changed before it has keys", async (store) => {
    const change: Required<OwnerChange> = {
      name: "Acme Ltd.",
      plan: "pro",
      limits: { rate: 5, per: "hour", burst: null, weekly: 7, monthly: null, timeZone: "Asia/Kathmandu" },
      limitsUntil: NOW + HOUR_MS,
      allowedAddresses: ["203.0.113.0/24"],
      pausedAt: NOW,
      pausedUntil: NOW + HOUR_MS,
      pauseReason: "Unpaid invoice",
      pausedBy: "owner",
      metadata: { crm: { id: 7 } },
    };
    const event = auditEvent(1, { action: "owner.created", keyId: null, ownerId: "acme" });
    // A guard refuses nothing where there is no owner yet.
    const outcome = await store.changeOwner(ownerRecord("acme", NOW), change, () => event, { ifRevision: 9 });
    const expected = ownerRecord("acme", NOW, change);
    assert.deepEqual(outcome, { outcome: "changed", record: expected });
    assert.deepEqual(await store.findOwner("acme"), expected);
    assert.deepEqual(await store.listAudit({ ownerId: "acme" }, { limit: 10 }), [event]);
    await store.insert(keyRecord(2, { ownerId: "acme" }), auditEvent(2));
    assert.deepEqual(await store.findOwner("acme"), expected);
  });

  test("changes the given fields of an owner and no others", async (store) => {
    const initial = ownerRecord("acme", NOW);
    const limits = { daily: 5 };
    await store.changeOwner(initial, { plan: "pro", limits, name: "Acme" }, () => auditEvent(1));
    const outcome = await store.changeOwner(
      ownerRecord("acme", NOW + 1),
      { limits: null, pausedAt: NOW },
      () => auditEvent(2),
    );
    const expected = { ...initial, plan: "pro", name: "Acme", pausedAt: NOW, revision: 2 };
    assert.deepEqual(outcome, { outcome: "changed", record: expected });
    assert.deepEqual(await store.findOwner("acme"), expected);
  });

  test("loses no concurrent change of an owner, also where it does not exist yet", async (store) => {
    const changes: readonly OwnerChange[] = [
      { name: "Acme" },
      { plan: "pro" },
      { pausedAt: NOW },
      { metadata: { a: 1 } },
    ];
    const outcomes = await Promise.all(
      changes.map(async (change, index) =>
        store.changeOwner(ownerRecord("acme", NOW), change, () => auditEvent(index)),
      ),
    );
    assert.deepEqual(outcomes.map(({ record }) => record.revision).toSorted(), [1, 2, 3, 4]);
    assert.deepEqual(
      await store.findOwner("acme"),
      ownerRecord("acme", NOW, Object.assign({ revision: 4 }, ...changes)),
    );
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 4);
  });

  test("changes an owner only if it has the revision that the change is meant for", async (store) => {
    const initial = ownerRecord("acme", NOW);
    await store.changeOwner(initial, {}, () => auditEvent(1));
    const outcomes = await Promise.all(
      [2, 3, 4].map(async (number) =>
        store.changeOwner(initial, { name: `name ${number}` }, () => auditEvent(number), { ifRevision: 1 }),
      ),
    );
    const record = await store.findOwner("acme");
    assert.equal(record?.revision, 2);
    assert.deepEqual(
      outcomes.toSorted((a, b) => a.outcome.localeCompare(b.outcome)),
      [
        { outcome: "changed", record },
        { outcome: "refused", record },
        { outcome: "refused", record },
      ],
    );
    assert.equal((await store.listAudit({}, { limit: 10 })).length, 2);
  });

  test("lists owners by the bytes of their ids, a page at a time, each once", async (store) => {
    const ids = ["acme", "B", "a", "Ä", "b", "a:1", "' or 1=1 --"];
    for (const [number, id] of ids.entries()) {
      await store.changeOwner(ownerRecord(id, NOW), {}, () => auditEvent(number));
    }
    const sorted = ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const limit of [1, 2, 3, 10]) {
      const listed: string[] = [];
      for (let after: string | undefined; ;) {
        const page = await store.listOwners({ after, limit });
        assert.ok(page.length <= limit);
        listed.push(...page.map(({ id }) => id));
        after = page.at(-1)?.id;
        if (page.length < limit) break;
      }
      assert.deepEqual(listed, sorted);
    }
  });

  test("finds owners by text in the id or the name, ignoring the case of A to Z", async (store) => {
    const owners = [
      { id: "acme", name: null },
      { id: "globex", name: "Acme's neighbour" },
      { id: "100%_\\", name: "ÄRGER" },
    ];
    for (const [number, { id, name }] of owners.entries()) {
      await store.changeOwner(ownerRecord(id, NOW), { name }, () => auditEvent(number));
    }
    const found = async (search: string) =>
      (await store.listOwners({ search, limit: 10 })).map(({ id }) => id);
    assert.deepEqual(await found("ACME"), ["acme", "globex"]);
    assert.deepEqual(await found("glob"), ["globex"]);
    for (const text of ["%", "_", "\\", "ÄRG"]) assert.deepEqual(await found(text), ["100%_\\"]);
    assert.deepEqual(await found("ärg"), []);
    assert.deepEqual(await found("0_"), []);
    assert.deepEqual(
      (await store.listOwners({ search: "acme", after: "acme", limit: 10 })).map(({ id }) => id),
      ["globex"],
    );
  });
}
