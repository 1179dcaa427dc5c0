import assert from "node:assert/strict";
import type { Store } from "@keyward/core";
import type { StoreChange } from "@keyward/core/store";
import type { KeyStoreCase, OpenedStore } from "../test-key-store.ts";
import { auditEvent, HOUR_MS, hourlyCount, keyRecord, NOW, ownerRecord, usageCount } from "./fixtures.ts";

/** Reads and reported changes of a second connection. */
export function testDurability(test: KeyStoreCase): void {
  test("answers a ping", async (store) => {
    await store.ping();
  });

  test("if durable, has everything in a second connection as soon as a call resolves", async (store, {
    reopen,
  }) => {
    assert.equal(reopen !== undefined, store.durable, "exactly durable stores can be opened twice");
    if (reopen === undefined) return;
    const key = { ownerId: "acme" };
    await store.insert(keyRecord(1, key), auditEvent(1));
    await store.change("key_1", { revokedAt: NOW }, () => auditEvent(2));
    await store.changeOwner(ownerRecord("acme", NOW), { plan: "pro" }, () => auditEvent(3));
    await store.addCounts([hourlyCount("o:acme", 0, 5)]);
    await store.addUsage({ usage: [usageCount(null, NOW, 1, key)], lastUses: [] });
    const second = await reopen();
    try {
      assert.deepEqual(await second.findByDigest(keyRecord(1).digest), {
        key: keyRecord(1, { ...key, revokedAt: NOW, revision: 2 }),
        owner: ownerRecord("acme", keyRecord(1).createdAt, { plan: "pro", revision: 2 }),
      });
      assert.equal((await second.listAudit({}, { limit: 10 })).length, 3);
      assert.deepEqual(await second.readCounts(["o:acme"], NOW), [hourlyCount("o:acme", 0, 5)]);
      const hours = { from: NOW, to: NOW + 1, unit: "hour", stepMs: HOUR_MS, by: [] } as const;
      assert.equal((await second.queryUsage({ ...key, ...hours })).length, 1);
    } finally {
      await second.close();
    }
  });

  test("if it watches, reports keys that a second connection changed within a second", async (store, opened) => {
    await store.insert(keyRecord(1), auditEvent(1));
    await assertReported(store, opened, {
      change: (second) => second.change("key_1", { revokedAt: NOW }, () => auditEvent(2, { keyId: "key_1" })),
      isReported: (change) => change === undefined || (change.keyIds?.includes("key_1") ?? false),
    });
  });

  test("if it watches, reports keys that a second connection rotated within a second", async (store, opened) => {
    await store.insert(keyRecord(1), auditEvent(1));
    await assertReported(store, opened, {
      change: (second) =>
        second.replace("key_1", { rotatedTo: "key_2" }, keyRecord(2), {
          events: [auditEvent(2, { keyId: "key_1" })],
          ifRevision: 1,
        }),
      isReported: (change) => change === undefined || (change.keyIds?.includes("key_1") ?? false),
    });
  });

  test("if it watches, reports owners that a second connection changed within a second", async (store, opened) => {
    await store.insert(keyRecord(1, { ownerId: "acme" }), auditEvent(1));
    const event = auditEvent(2, { action: "owner.updated", keyId: null, ownerId: "acme" });
    await assertReported(store, opened, {
      change: (second) => second.changeOwner(ownerRecord("acme", NOW), { plan: "pro" }, () => event),
      isReported: (change) => change === undefined || (change.ownerIds?.includes("acme") ?? false),
    });
  });

  test("if it watches, reports subjects that a second connection reset within a second", async (store, opened) => {
    const event = auditEvent(1, {
      action: "limits.reset",
      keyId: null,
      ownerId: "acme",
      details: { subjects: ["o:acme", "o:acme|b:search"] },
    });
    await assertReported(store, opened, {
      change: (second) => second.appendAudit(event),
      isReported: (change) =>
        ["o:acme", "o:acme|b:search"].every((subject) => change?.resetSubjects?.includes(subject)),
    });
  });
}

interface ReportedChange {
  change(second: Store): unknown;
  /** True if a report is about the change. */
  isReported(change: StoreChange | undefined): boolean;
}

async function assertReported(
  store: Store,
  { reopen }: OpenedStore,
  { change, isReported }: ReportedChange,
): Promise<void> {
  if (store.watch === undefined || reopen === undefined) {
    assert.equal(store.watch, undefined, "a store that watches can be opened twice");
    return;
  }
  const reports: (StoreChange | undefined)[] = [];
  const stop = store.watch((reported) => reports.push(reported));
  const second = await reopen();
  try {
    // A store that has to connect first reports, when it has, that anything may have changed. That is of no use before the change.
    const connectingSince = Date.now();
    while (reports.length === 0 && Date.now() - connectingSince < 500) {
      await new Promise((done) => setTimeout(done, 20));
    }
    reports.splice(0);
    await change(second);
    const startedAt = Date.now();
    while (!reports.some(isReported) && Date.now() - startedAt < 1000) {
      await new Promise((done) => setTimeout(done, 20));
    }
    assert.ok(reports.some(isReported), "the change was not reported");
  } finally {
    stop();
    await second.close();
  }
}
