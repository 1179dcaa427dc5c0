import assert from "node:assert/strict";
import type { KeyStatus } from "@keyward/core";
import type { KeyFilter, KeyOrder, KeyRecord } from "@keyward/core/store";
import type { KeyStoreCase } from "../test-key-store.ts";
import { auditEvent, keyRecord, NOW } from "./fixtures.ts";

/** Lists of keys: orders, filters and pages. */
export function testListing(test: KeyStoreCase): void {
  test("lists keys newest first, by owner, a page at a time", async (store) => {
    for (let number = 1; number <= 7; number += 1) {
      await store.insert(
        keyRecord(number, { ownerId: number % 2 === 0 ? "even" : "odd" }),
        auditEvent(number),
      );
    }
    const ids = async (ownerId: string | undefined, before: string | undefined, limit: number) => {
      const after = before === undefined ? undefined : { id: before, name: "", lastUsedAt: null };
      const found = await store.list({ ownerId }, { order: "newest", after, limit });
      return found.map(({ id }) => id);
    };
    assert.deepEqual(await ids(undefined, undefined, 3), ["key_7", "key_6", "key_5"]);
    assert.deepEqual(await ids(undefined, "key_5", 3), ["key_4", "key_3", "key_2"]);
    assert.deepEqual(await ids("odd", "key_5", 10), ["key_3", "key_1"]);
    assert.deepEqual(await ids("nobody", undefined, 10), []);
  });

  test("sorts ids by their bytes, whatever the locale of the store", async (store) => {
    for (const [number, id] of ["key_1", "key_B", "key_a", "key_b"].entries()) {
      await store.insert(keyRecord(number, { id }), auditEvent(number, { keyId: "key_x", id }));
    }
    const after = { id: "key_b", name: "", lastUsedAt: null };
    const listed = await store.list({}, { order: "newest", after, limit: 2 });
    assert.deepEqual(
      listed.map(({ id }) => id),
      ["key_a", "key_B"],
    );
    const acts = await store.listAudit({ keyId: "key_x" }, { before: "key_a", limit: 10 });
    assert.deepEqual(
      acts.map(({ id }) => id),
      ["key_B", "key_1"],
    );
  });

  test("finds keys by plan, status and literal text", async (store) => {
    const keys = [
      { name: "Billing", ownerId: "acme" },
      { name: "100% _under\\score_", plan: "gold" },
      { name: "billing of ÄRGER", ownerId: "globex", revokedAt: NOW, expiresAt: NOW - 1, pausedAt: NOW },
      { name: "old", expiresAt: NOW, pausedAt: NOW - 1 },
      { name: "later", expiresAt: NOW + 1, masked: "prod_********-****-****-Billing0" },
      { name: "paused", pausedAt: NOW - 1 },
      { name: "paused for a while", pausedAt: NOW - 1, pausedUntil: NOW + 1 },
      { name: "resumed by itself", pausedAt: NOW - 1, pausedUntil: NOW },
    ];
    for (const [index, fields] of keys.entries()) {
      await store.insert(keyRecord(index, fields), auditEvent(index));
    }
    const found = async (filter: KeyFilter) =>
      (await store.list(filter, { order: "newest", limit: 10 })).map(({ id }) => Number(id.slice(4)));
    const is = (status: KeyStatus) => found({ status: { is: status, now: NOW } });
    assert.deepEqual(await is("active"), [7, 4, 1, 0]);
    assert.deepEqual(await is("paused"), [6, 5]);
    assert.deepEqual(await is("expired"), [3]);
    assert.deepEqual(await is("revoked"), [2]);
    assert.deepEqual(await found({ plan: "gold" }), [1]);
    assert.deepEqual(await found({ search: "BILLING" }), [4, 2, 0]);
    assert.deepEqual(await found({ search: "acm" }), [0]);
    assert.deepEqual(await found({ search: "ärger" }), []);
    assert.deepEqual(await found({ search: "ÄRGER", ownerId: "globex" }), [2]);
    for (const text of ["%", "_U", "\\", "100% _under\\SCORE_"]) {
      assert.deepEqual(
        (await found({ search: text })).includes(1),
        true,
        `${text} is in the name of the second key`,
      );
    }
    assert.deepEqual(await found({ search: "0%_" }), []);
    assert.deepEqual(await found({ search: "' or 1=1 --" }), []);
  });

  test("finds and counts keys by environment, scope, expiry and use", async (store) => {
    const keys = [
      { environment: "prod", scopes: ["reports:read", "a_b"] },
      { environment: "dev", scopes: ["reports:*"], expiresAt: NOW },
      { environment: "prod", scopes: ["Reports:read", "reports:read:all", "aXb"], expiresAt: NOW + 1 },
      { createdAt: NOW - 10, lastUsedAt: NOW - 5 },
      { createdAt: NOW - 10, lastUsedAt: NOW, rotatedTo: "key_9" },
      { createdAt: NOW, ownerId: "acme", lineageId: "key_4" },
    ];
    for (const [index, fields] of keys.entries()) {
      await store.insert(keyRecord(index, { createdAt: NOW, ...fields }), auditEvent(index));
    }
    const found = async (filter: KeyFilter) => {
      const list = await store.list(filter, { order: "newest", limit: 10 });
      assert.equal(await store.count(filter), list.length);
      return list.map(({ id }) => Number(id.slice(4)));
    };
    assert.deepEqual(await found({}), [5, 4, 3, 2, 1, 0]);
    assert.deepEqual(await found({ environment: "dev" }), [1]);
    assert.deepEqual(await found({ scope: "reports:read" }), [0]);
    assert.deepEqual(await found({ scope: "reports:*" }), [1]);
    assert.deepEqual(await found({ scope: "a_b" }), [0]);
    assert.deepEqual(await found({ scope: 'reports:read","a_b' }), []);
    assert.deepEqual(await found({ expiresBefore: NOW }), []);
    assert.deepEqual(await found({ expiresBefore: NOW + 1 }), [1]);
    assert.deepEqual(await found({ createdBefore: NOW }), [4, 3]);
    assert.deepEqual(await found({ createdBefore: NOW, isRotated: false }), [3]);
    assert.deepEqual(await found({ isRotated: true }), [4]);
    assert.deepEqual(await found({ lineageId: "key_4" }), [5, 4]);
    assert.deepEqual(await found({ lineageId: "key_4", isRotated: false }), [5]);
    assert.deepEqual(await found({ unusedSince: NOW }), [3]);
    assert.deepEqual(await found({ unusedSince: NOW - 5 }), []);
    assert.deepEqual(await found({ unusedSince: NOW + 1, ownerId: "acme" }), [5]);
    assert.equal(await store.count({ status: { is: "expired", now: NOW } }), 1);
    assert.equal(await store.count({ search: "KEY_" }), (await found({ search: "KEY_" })).length);
  });

  test("lists keys by name or by last use, a page at a time, each once", async (store) => {
    const keys = [
      { name: "beta", lastUsedAt: NOW },
      { name: "Alpha" },
      { name: "alpha", lastUsedAt: NOW + 1 },
      { name: "zeta" },
      { name: "Émile", lastUsedAt: NOW },
      { name: "_" },
    ];
    for (const [index, fields] of keys.entries()) {
      await store.insert(keyRecord(index, fields), auditEvent(index));
    }
    const paged = async (order: KeyOrder, limit: number) => {
      const ids: number[] = [];
      let after: KeyRecord | undefined;
      do {
        const page = await store.list({}, { order, after, limit });
        ids.push(...page.map(({ id }) => Number(id.slice(4))));
        after = page.length < limit ? undefined : page.at(-1);
      } while (after !== undefined);
      return ids;
    };
    for (const limit of [1, 2, 4, 10]) {
      assert.deepEqual(await paged("newest", limit), [5, 4, 3, 2, 1, 0]);
      assert.deepEqual(await paged("name", limit), [5, 1, 2, 0, 3, 4]);
      assert.deepEqual(await paged("last-used", limit), [2, 4, 0, 5, 3, 1]);
    }
  });
}
