import type { StoredAuditEvent } from "../audit/audit-event.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { SessionExtension, SessionRecord } from "../sessions/session.ts";

/** Stores sessions, so that all processes know them. Each call is one transaction. */
export interface SessionStore {
  /** Inserts a session with its audit event, and deletes sessions that ended before its `signedInAt`. */
  insertSession(session: SessionRecord, event: StoredAuditEvent): MaybePromise<void>;
  findSession(digest: string): MaybePromise<SessionRecord | undefined>;
  /** Sessions that have not ended at `now`, in milliseconds since the epoch: the 1,000 newest, newest first. */
  listSessions(now: number): MaybePromise<readonly SessionRecord[]>;
  /** Extends a session. Does nothing if there is none. */
  extendSession(id: string, extension: SessionExtension): MaybePromise<void>;
  /** Deletes a session, and stores the audit event if there was one. Returns whether there was. */
  deleteSession(id: string, event: StoredAuditEvent): MaybePromise<boolean>;
}

/** The most sessions that a list has. */
export const MAX_LISTED_SESSIONS = 1000;
