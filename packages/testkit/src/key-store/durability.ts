import assert from "node:assert/strict";
import type { KeyStoreCase } from "../test-key-store.ts";
import { auditEntry, keyRecord, NOW } from "./fixtures.ts";

/** What another connection sees, and hears of. */
export function testDurability(test: KeyStoreCase): void {
  test("answers a ping", async (store) => {
    await store.ping();
  });

  test("if durable, has everything in a second connection as soon as a call resolves", async (store, {
    reopen,
  }) => {
    assert.equal(reopen !== undefined, store.durable, "a durable store can be opened twice, another cannot");
    if (reopen === undefined) return;
    await store.insert(keyRecord(1), auditEntry(1));
    await store.change("key_1", { revokedAt: NOW }, auditEntry(2));
    const second = await reopen();
    try {
      assert.deepEqual(await second.find("key_1"), keyRecord(1, { revokedAt: NOW, revision: 2 }));
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
    // Word that anything may have changed will do, if it does not come before the change.
    let changed = false;
    const heard: string[] = [];
    const stop = store.watch((keyIds) => {
      if (keyIds !== undefined) heard.push(...keyIds);
      else if (changed) heard.push("key_1");
    });
    const second = await reopen();
    try {
      changed = true;
      await second.change("key_1", { revokedAt: NOW }, auditEntry(2, "key_1"));
      const startedAt = Date.now();
      while (heard.length === 0 && Date.now() - startedAt < 1000)
        await new Promise((done) => setTimeout(done, 20));
      assert.deepEqual([...new Set(heard)], ["key_1"]);
    } finally {
      stop();
      await second.close();
    }
  });
}
