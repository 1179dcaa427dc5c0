import assert from "node:assert/strict";
import type { SessionRecord } from "@keyward/core/store";
import type { KeyStoreCase } from "../test-key-store.ts";
import { auditEvent, HOUR_MS, NOW } from "./fixtures.ts";

/** A session that is alive for an hour after `NOW`. */
function sessionRecord(number: number, fields: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: `ses_${number}`,
    digest: `digest of ${number}`,
    actor: "jane@example.com",
    credential: null,
    address: null,
    userAgent: null,
    signedInAt: NOW + number,
    lastSeenAt: NOW + number,
    idleEndsAt: NOW + HOUR_MS,
    endsAt: NOW + 12 * HOUR_MS,
    ...fields,
  };
}

const STARTED = { action: "session.started", keyId: null } as const;
const ENDED = { action: "session.ended", keyId: null } as const;

/** Sessions of people who signed in. */
export function testSessions(test: KeyStoreCase): void {
  test("finds a session by its digest, and stores its audit event", async (store) => {
    const full = sessionRecord(1, { credential: "digest", address: "2001:db8::1", userAgent: "Firefox" });
    await store.insertSession(full, auditEvent(1, STARTED));
    await store.insertSession(sessionRecord(2), auditEvent(2, STARTED));
    assert.deepEqual(await store.findSession(full.digest), full);
    assert.equal(await store.findSession("another digest"), undefined);
    assert.deepEqual(await store.listAudit({}, { limit: 10 }), [
      auditEvent(2, STARTED),
      auditEvent(1, STARTED),
    ]);
  });

  test("lists sessions that have not ended, newest first, and extends them", async (store) => {
    await store.insertSession(sessionRecord(1), auditEvent(1, STARTED));
    await store.insertSession(sessionRecord(2, { idleEndsAt: NOW + 100 }), auditEvent(2, STARTED));
    await store.insertSession(sessionRecord(3, { endsAt: NOW + 200 }), auditEvent(3, STARTED));
    const idsAt = async (now: number) => (await store.listSessions(now)).map(({ id }) => id);
    assert.deepEqual(await idsAt(NOW + 99), ["ses_3", "ses_2", "ses_1"]);
    assert.deepEqual(await idsAt(NOW + 100), ["ses_3", "ses_1"]);
    const extension = { lastSeenAt: NOW + 90, idleEndsAt: NOW + 300 };
    await store.extendSession("ses_2", extension);
    await store.extendSession("ses_9", extension);
    assert.deepEqual(await idsAt(NOW + 200), ["ses_2", "ses_1"]);
    assert.deepEqual(await store.findSession("digest of 2"), sessionRecord(2, extension));
  });

  test("deletes a session once, with one audit event", async (store) => {
    await store.insertSession(sessionRecord(1), auditEvent(1, STARTED));
    assert.equal(await store.deleteSession("ses_1", auditEvent(2, ENDED)), true);
    assert.equal(await store.deleteSession("ses_1", auditEvent(3, ENDED)), false);
    assert.equal(await store.findSession("digest of 1"), undefined);
    assert.deepEqual(await store.listAudit({}, { limit: 10 }), [
      auditEvent(2, ENDED),
      auditEvent(1, STARTED),
    ]);
  });

  test("deletes sessions that ended before another one began", async (store) => {
    await store.insertSession(sessionRecord(1, { idleEndsAt: NOW + 50 }), auditEvent(1, STARTED));
    await store.insertSession(sessionRecord(2, { endsAt: NOW + 50 }), auditEvent(2, STARTED));
    await store.insertSession(sessionRecord(3), auditEvent(3, STARTED));
    await store.insertSession(sessionRecord(50), auditEvent(4, STARTED));
    const left = await Promise.all([1, 2, 3, 50].map((number) => store.findSession(`digest of ${number}`)));
    assert.deepEqual(left, [undefined, undefined, sessionRecord(3), sessionRecord(50)]);
  });

  test("if durable, ends a session for a second connection as soon as the call resolves", async (store, opened) => {
    if (opened.reopen === undefined) return;
    const second = await opened.reopen();
    try {
      await store.insertSession(sessionRecord(1), auditEvent(1, STARTED));
      assert.deepEqual(await second.findSession("digest of 1"), sessionRecord(1));
      await store.deleteSession("ses_1", auditEvent(2, ENDED));
      assert.equal(await second.findSession("digest of 1"), undefined);
    } finally {
      await second.close();
    }
  });
}
