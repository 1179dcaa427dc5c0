import assert from "node:assert/strict";
import type { KeyStoreCase } from "../test-key-store.ts";
import { auditEntry, keyRecord } from "./fixtures.ts";

/** The audit trail: by key and by owner, newest first. */
export function testAudit(test: KeyStoreCase): void {
  test("keeps the audit trail of an owner's keys", async (store) => {
    await store.insert(keyRecord(1, { ownerId: "acme" }), auditEntry(1));
    await store.insert(keyRecord(2), auditEntry(2));
    assert.deepEqual(await store.listAudit({ ownerId: "acme" }, { limit: 5 }), [auditEntry(1)]);
    assert.deepEqual(await store.listAudit({ ownerId: "acme", keyId: "key_2" }, { limit: 5 }), []);
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
}
