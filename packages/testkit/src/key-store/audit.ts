import assert from "node:assert/strict";
import type { AuditChain, AuditFilter, KeyRecord, OwnerRecord, StoredAuditEvent } from "@keyward/core/store";
import type { KeyStoreCase } from "../test-key-store.ts";
import { auditEvent, keyRecord, NOW, ownerRecord } from "./fixtures.ts";

/** A chain in which the fixtures are genuine, and whose MACs can be read. */
const CHAIN: AuditChain = {
  macOf: ({ id }) => `mac of ${id}`,
  isGenuine: ({ mac }) => mac.startsWith("mac of"),
  linkAfter: (previous, { id }) => ({
    sequence: (previous?.sequence ?? 0) + 1,
    mac: `${id} after ${previous?.mac.split(" ")[0] ?? "nothing"}`,
  }),
  isLinked: () => true,
  checkpointAt: (head, at) => ({ ...head, at, signature: "signed" }),
  isCheckpoint: () => true,
};

/** The audit log: by key and by owner, newest first; and the chain of its events. */
export function testAudit(test: KeyStoreCase): void {
  test("lists the audit events of an owner and of its keys", async (store) => {
    const created = auditEvent(1, { ownerId: "acme" });
    const changed = auditEvent(3, { action: "owner.updated", keyId: null, ownerId: "acme" });
    await store.insert(keyRecord(1, { ownerId: "acme" }), created);
    await store.insert(keyRecord(2), auditEvent(2));
    await store.changeOwner(ownerRecord("acme", NOW), { plan: "pro" }, () => changed);
    assert.deepEqual(await store.listAudit({ ownerId: "acme" }, { limit: 5 }), [changed, created]);
    assert.deepEqual(await store.listAudit({ ownerId: "acme", keyId: "key_1" }, { limit: 5 }), [created]);
    assert.deepEqual(await store.listAudit({ ownerId: "acme", keyId: "key_2" }, { limit: 5 }), []);
  });

  test("lists the audit events of a key, newest first, a page at a time", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    await store.insert(keyRecord(2), auditEvent(2));
    const renamed = auditEvent(3, { keyId: "key_1" });
    await store.change("key_1", { name: "x" }, () => renamed);
    const page = await store.listAudit({ keyId: "key_1" }, { limit: 1 });
    assert.deepEqual(page, [renamed]);
    assert.deepEqual(await store.listAudit({ keyId: "key_1" }, { limit: 5, before: "act_3" }), [
      auditEvent(1),
    ]);
  });

  test("filters audit events by action, actor, level and time", async (store) => {
    const by = (number: number, actor: string, fields: Partial<StoredAuditEvent> = {}) =>
      auditEvent(number, { keyId: null, actor, ...fields });
    const events = [
      by(1, "ada", { level: "owner" }),
      by(2, "jane", { action: "limits.reset" }),
      by(3, "jane"),
      by(4, "ada"),
    ] as const;
    for (const event of events) await store.appendAudit(event);
    const idsOf = async (filter: AuditFilter) =>
      (await store.listAudit(filter, { limit: 10 })).map(({ id }) => id);
    assert.deepEqual(await idsOf({ actor: "jane" }), ["act_3", "act_2"]);
    assert.deepEqual(await idsOf({ actor: "jane", action: "limits.reset" }), ["act_2"]);
    assert.deepEqual(await idsOf({ level: "owner" }), ["act_1"]);
    assert.deepEqual(await idsOf({ actor: "ada", level: "operator" }), ["act_4"]);
    assert.deepEqual(await idsOf({ from: NOW + 2, to: NOW + 4 }), ["act_3", "act_2"]);
    assert.deepEqual(await idsOf({ actor: "Jane" }), []);
  });

  test("stores an audit event that belongs to no change", async (store) => {
    const reset = auditEvent(1, {
      action: "limits.reset",
      keyId: "key_1",
      ownerId: "acme",
      actor: "jane@example.com",
      level: "owner",
      address: "2001:db8::1",
      details: JSON.parse('{ "subjects": ["o:acme", "k:1"], "__proto__": null }') as Record<string, string>,
    });
    await store.appendAudit(reset);
    assert.deepEqual(await store.listAudit({}, { limit: 10 }), [reset]);
    assert.deepEqual(await store.listAudit({ keyId: "key_1" }, { limit: 10 }), [reset]);
    assert.deepEqual(await store.listAudit({ ownerId: "acme" }, { limit: 10 }), [reset]);
  });

  test("creates the audit event of a change from the key and the owner as they were before", async (store) => {
    const before: (KeyRecord | OwnerRecord | undefined)[] = [];
    const note = (record: KeyRecord | OwnerRecord | undefined): StoredAuditEvent =>
      auditEvent(10 + before.push(record));
    await store.insert(keyRecord(1), auditEvent(1));
    await store.change("key_1", { name: "second" }, note);
    await store.change("key_1", { name: "third" }, note);
    await store.changeOwner(ownerRecord("acme", NOW), { plan: "pro" }, note);
    await store.changeOwner(ownerRecord("acme", NOW), { plan: null }, note);
    assert.deepEqual(before, [
      keyRecord(1),
      keyRecord(1, { name: "second", revision: 2 }),
      undefined,
      ownerRecord("acme", NOW, { plan: "pro" }),
    ]);
  });

  test("gives each audit event the place after the one before", async (store) => {
    store.useAuditChain(CHAIN);
    await store.insert(keyRecord(1, { ownerId: "acme" }), auditEvent(1));
    await store.change("key_1", { name: "x" }, () => auditEvent(2));
    await store.replace("key_1", { rotatedTo: "key_2" }, keyRecord(2), {
      events: [auditEvent(3), auditEvent(4)],
      ifRevision: 2,
    });
    await store.changeOwner(ownerRecord("acme", NOW), { plan: "pro" }, () => auditEvent(5));
    await store.appendAudit(auditEvent(6));
    assert.deepEqual(await store.readAuditChain(0, 10), [
      { event: auditEvent(1), link: { sequence: 1, mac: "act_1 after nothing" } },
      ...[2, 3, 4, 5, 6].map((number) => ({
        event: auditEvent(number),
        link: { sequence: number, mac: `act_${number} after act_${number - 1}` },
      })),
    ]);
    assert.deepEqual(
      (await store.readAuditChain(2, 2)).map(({ link }) => link.sequence),
      [3, 4],
    );
    assert.deepEqual(await store.readUnlinkedAudit(10), []);
    assert.equal(await store.linkAudit(), 0);
  });

  test("gives audit events that were stored without a place theirs later, and forged ones none", async (store) => {
    await store.appendAudit(auditEvent(1));
    await store.appendAudit(auditEvent(2, { mac: "forged" }));
    assert.deepEqual(await store.readAuditChain(0, 10), []);
    assert.deepEqual(
      (await store.readUnlinkedAudit(1)).map(({ id }) => id),
      ["act_1"],
    );
    store.useAuditChain(CHAIN);
    assert.equal(await store.linkAudit(), 1);
    await store.appendAudit(auditEvent(3));
    assert.deepEqual(
      (await store.readAuditChain(0, 10)).map(({ event }) => event.id),
      ["act_1", "act_3"],
    );
    assert.deepEqual(await store.readUnlinkedAudit(10), [auditEvent(2, { mac: "forged" })]);
  });

  test("deletes audit events up to a checkpoint and goes on after it", async (store) => {
    store.useAuditChain(CHAIN);
    for (let number = 1; number <= 5; number += 1) await store.appendAudit(auditEvent(number));
    const [second, last] = [2, 5].map((sequence) =>
      CHAIN.checkpointAt({ sequence, mac: `act_${sequence} after act_${sequence - 1}` }, NOW),
    ) as [ReturnType<typeof CHAIN.checkpointAt>, ReturnType<typeof CHAIN.checkpointAt>];
    assert.equal(await store.pruneAudit(second), 2);
    assert.equal(await store.pruneAudit(second), 0);
    assert.deepEqual(
      (await store.listAudit({}, { limit: 10 })).map(({ id }) => id),
      ["act_5", "act_4", "act_3"],
    );
    assert.equal(await store.pruneAudit(last), 3);
    assert.deepEqual(await store.readAuditCheckpoints(), [second, last]);
    assert.deepEqual(await store.readAuditChain(0, 10), []);
    await store.appendAudit(auditEvent(6));
    assert.deepEqual(await store.readAuditChain(0, 10), [
      { event: auditEvent(6), link: { sequence: 6, mac: "act_6 after act_5" } },
    ]);
  });
}
