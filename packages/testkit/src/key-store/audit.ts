import assert from "node:assert/strict";
import type { KeyStoreCase } from "../test-key-store.ts";
import { auditEvent, keyRecord, NOW, ownerRecord } from "./fixtures.ts";

/** The audit log: by key and by owner, newest first. */
export function testAudit(test: KeyStoreCase): void {
  test("lists the audit events of an owner and of its keys", async (store) => {
    const created = auditEvent(1, { ownerId: "acme" });
    const changed = auditEvent(3, { action: "owner.updated", keyId: null, ownerId: "acme" });
    await store.insert(keyRecord(1, { ownerId: "acme" }), created);
    await store.insert(keyRecord(2), auditEvent(2));
    await store.changeOwner(ownerRecord("acme", NOW), { plan: "pro" }, changed);
    assert.deepEqual(await store.listAudit({ ownerId: "acme" }, { limit: 5 }), [changed, created]);
    assert.deepEqual(await store.listAudit({ ownerId: "acme", keyId: "key_1" }, { limit: 5 }), [created]);
    assert.deepEqual(await store.listAudit({ ownerId: "acme", keyId: "key_2" }, { limit: 5 }), []);
  });

  test("lists the audit events of a key, newest first, a page at a time", async (store) => {
    await store.insert(keyRecord(1), auditEvent(1));
    await store.insert(keyRecord(2), auditEvent(2));
    const renamed = auditEvent(3, { keyId: "key_1" });
    await store.change("key_1", { name: "x" }, renamed);
    const page = await store.listAudit({ keyId: "key_1" }, { limit: 1 });
    assert.deepEqual(page, [renamed]);
    assert.deepEqual(await store.listAudit({ keyId: "key_1" }, { limit: 5, before: "act_3" }), [
      auditEvent(1),
    ]);
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
}
