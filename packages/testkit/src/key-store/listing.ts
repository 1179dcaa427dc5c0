import assert from "node:assert/strict";
import type { KeyFilter, KeyOrder, KeyRecord, KeyStatus } from "@keyward/core";
import type { KeyStoreCase } from "../test-key-store.ts";
import { auditEntry, keyRecord, NOW } from "./fixtures.ts";

/** Keys in their orders, by what is asked for, a page at a time. */
export function testListing(test: KeyStoreCase): void {
  test("lists newest first, by owner, a page at a time", async (store) => {
    for (let number = 1; number <= 7; number += 1) {
      await store.insert(
        keyRecord(number, { ownerId: number % 2 === 0 ? "even" : "odd" }),
        auditEntry(number),
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

  test("takes ids in the order of their bytes, whatever language the store is set to", async (store) => {
    for (const [number, id] of ["key_1", "key_B", "key_a", "key_b"].entries()) {
      await store.insert(keyRecord(number, { id }), { ...auditEntry(number), keyId: "key_x", id });
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

  test("finds keys by plan, status and what is in their texts, taken as text", async (store) => {
    const keys = [
      { name: "Billing", ownerId: "acme" },
      { name: "100% _under\\score_", plan: "gold" },
      { name: "billing of ÄRGER", revokedAt: NOW, expiresAt: NOW - 1 },
      { name: "old", expiresAt: NOW },
      { name: "later", expiresAt: NOW + 1, masked: "prod_********-****-****-Billing0" },
    ];
    for (const [index, fields] of keys.entries()) {
      await store.insert(keyRecord(index, fields), auditEntry(index));
    }
    const found = async (filter: KeyFilter) =>
      (await store.list(filter, { order: "newest", limit: 10 })).map(({ id }) => Number(id.slice(4)));
    const is = (status: KeyStatus) => found({ status: { is: status, now: NOW } });
    assert.deepEqual(await is("active"), [4, 1, 0]);
    assert.deepEqual(await is("expired"), [3]);
    assert.deepEqual(await is("revoked"), [2]);
    assert.deepEqual(await found({ plan: "gold" }), [1]);
    assert.deepEqual(await found({ search: "BILLING" }), [4, 2, 0]);
    assert.deepEqual(await found({ search: "acm" }), [0]);
    assert.deepEqual(await found({ search: "ärger" }), []);
    assert.deepEqual(await found({ search: "ÄRGER", ownerId: "default" }), [2]);
    for (const text of ["%", "_U", "\\", "100% _under\\SCORE_"]) {
      assert.deepEqual(
        (await found({ search: text })).includes(1),
        true,
        `${text} stands in the name of the second`,
      );
    }
    assert.deepEqual(await found({ search: "0%_" }), []);
    assert.deepEqual(await found({ search: "' or 1=1 --" }), []);
  });

  test("lists by name or by last use, a page at a time, each key once", async (store) => {
    const keys = [
      { name: "beta", lastUsedAt: NOW },
      { name: "Alpha" },
      { name: "alpha", lastUsedAt: NOW + 1 },
      { name: "zeta" },
      { name: "Émile", lastUsedAt: NOW },
      { name: "_" },
    ];
    for (const [index, fields] of keys.entries()) {
      await store.insert(keyRecord(index, fields), auditEntry(index));
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
