import type { SessionRecord } from "@keyward/core/store";
import { MAX_LISTED_SESSIONS } from "@keyward/core/store";
import type { Kysely, Transaction } from "kysely";
import type { Schema, SessionRow } from "./schema.ts";

/** Inserts a session, and deletes those that ended before it began. */
export async function insertSession(trx: Transaction<Schema>, session: SessionRecord): Promise<void> {
  const { signedInAt } = session;
  await trx
    .deleteFrom("keyward_session")
    .where(({ eb, or }) => or([eb("ends_at", "<=", signedInAt), eb("idle_ends_at", "<=", signedInAt)]))
    .execute();
  await trx.insertInto("keyward_session").values(toSessionRow(session)).execute();
}

/** Sessions that have not ended, newest first. */
export async function listSessions(db: Kysely<Schema>, now: number): Promise<readonly SessionRecord[]> {
  const rows = await db
    .selectFrom("keyward_session")
    .selectAll()
    .where("ends_at", ">", now)
    .where("idle_ends_at", ">", now)
    .orderBy("id", "desc")
    .limit(MAX_LISTED_SESSIONS)
    .execute();
  return rows.map(toSessionRecord);
}

function toSessionRow(session: SessionRecord): SessionRow {
  return {
    id: session.id,
    digest: session.digest,
    actor: session.actor,
    credential: session.credential,
    address: session.address,
    user_agent: session.userAgent,
    signed_in_at: session.signedInAt,
    last_seen_at: session.lastSeenAt,
    idle_ends_at: session.idleEndsAt,
    ends_at: session.endsAt,
  };
}

export function toSessionRecord(row: SessionRow): SessionRecord {
  return {
    id: row.id,
    digest: row.digest,
    actor: row.actor,
    credential: row.credential,
    address: row.address,
    userAgent: row.user_agent,
    signedInAt: row.signed_in_at,
    lastSeenAt: row.last_seen_at,
    idleEndsAt: row.idle_ends_at,
    endsAt: row.ends_at,
  };
}
