import { setTimeout as sleep } from "node:timers/promises";
import type { AuditCheckpoint, AuditHead } from "@keyward/core";
import type {
  AuditChain,
  AuditFilter,
  AuditPage,
  LinkedAuditEvent,
  StoredAuditEvent,
} from "@keyward/core/store";
import { sql, type Kysely, type Transaction } from "kysely";
import { rowsOf } from "./rows-of.ts";
import { toAuditEvent, toAuditRow } from "./rows.ts";
import type { AuditEventRow, Schema } from "./schema.ts";
import { tableIn, type TableLocation } from "./table-location.ts";

/** The number of events that get their places in one transaction. */
const LINKED_TOGETHER = 1000;

/** Any number, the same in every release: transactions that add to the chain wait for each other on it. */
const LOCK = 7_267_393_106;

/** Time that a transaction waits for its turn to add to the chain, and the delay between two attempts. */
const MAX_WAIT_MS = 900;
const ATTEMPT_EVERY_MS = 5;

/** Stores events at the end of the transaction that they belong to, with their places in the chain. */
export async function addEvents(
  trx: Transaction<Schema>,
  events: readonly StoredAuditEvent[],
  chain: AuditChain | undefined,
  location: TableLocation,
): Promise<void> {
  await trx.insertInto("keyward_audit").values(events.map(toAuditRow)).execute();
  if (chain !== undefined) await linkEvents(trx, chain, location);
}

/**
 * Gives events that have no place in the chain their places, the oldest first. Events that were not written under the secret
 * get none. If other transactions keep the chain for too long, the events keep waiting.
 *
 * @returns how many got a place
 */
export async function linkEvents(
  trx: Transaction<Schema>,
  chain: AuditChain,
  location: TableLocation,
): Promise<number> {
  if (!(await lockChain(trx, location))) return 0;
  const unlinked = await readUnlinked(trx, LINKED_TOGETHER);
  let head = await readHead(trx);
  const places: [number, number, string][] = [];
  for (const row of unlinked) {
    const event = toAuditEvent(row);
    if (!chain.isGenuine(event)) continue;
    head = chain.linkAfter(head, event);
    places.push([row.seq, head.sequence, head.mac]);
  }
  if (places.length === 0) return 0;
  const rows = rowsOf(location, { seq: "bigint", sequence: "bigint", mac: "text" }, places);
  const audit = tableIn(location, "keyward_audit");
  await sql`update ${audit} set chain_sequence = place.sequence, chain_mac = place.mac
    from (${rows}) as place where ${audit}.seq = place.seq`.execute(trx);
  return places.length;
}

/** True if the chain is this transaction's until it ends. */
async function lockChain(trx: Transaction<Schema>, { kind }: TableLocation): Promise<boolean> {
  // A transaction in SQLite has the whole database to itself.
  if (kind === "sqlite") return true;
  const giveUpAt = performance.now() + MAX_WAIT_MS;
  for (;;) {
    const { rows } = await sql<{
      locked: boolean;
    }>`select pg_try_advisory_xact_lock(${LOCK}) as locked`.execute(trx);
    if (rows[0]?.locked === true) return true;
    if (performance.now() > giveUpAt) return false;
    await sleep(ATTEMPT_EVERY_MS * (1 + Math.random()));
  }
}

async function readHead(trx: Transaction<Schema>): Promise<AuditHead | undefined> {
  const event = await trx
    .selectFrom("keyward_audit")
    .select(["chain_sequence as sequence", "chain_mac as mac"])
    .where("chain_sequence", "is not", null)
    .orderBy("chain_sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  if (event !== undefined) return event as AuditHead;
  return (await readCheckpoints(trx)).at(-1);
}

export async function readUnlinked(db: Kysely<Schema>, limit: number): Promise<readonly AuditEventRow[]> {
  return db
    .selectFrom("keyward_audit")
    .selectAll()
    .where("chain_sequence", "is", null)
    .orderBy("seq")
    .limit(limit)
    .execute();
}

/** Events after a place, in the order of the chain. */
export async function readChain(
  db: Kysely<Schema>,
  after: number,
  limit: number,
): Promise<readonly LinkedAuditEvent[]> {
  const rows = await db
    .selectFrom("keyward_audit")
    .selectAll()
    .where("chain_sequence", ">", after)
    .orderBy("chain_sequence")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    event: toAuditEvent(row),
    link: { sequence: row.chain_sequence ?? 0, mac: row.chain_mac ?? "" },
  }));
}

/** Fields of a filter that an event must have, and their columns. */
const FILTERED = [
  ["keyId", "key_id"],
  ["ownerId", "owner_id"],
  ["action", "action"],
  ["actor", "actor"],
  ["level", "level"],
] as const;

export async function listEvents(
  db: Kysely<Schema>,
  { from, to, ...fields }: AuditFilter,
  { before, limit }: AuditPage,
): Promise<readonly StoredAuditEvent[]> {
  let query = db.selectFrom("keyward_audit").selectAll().orderBy("id", "desc").limit(limit);
  for (const [field, column] of FILTERED) {
    const value = fields[field];
    if (value !== undefined) query = query.where(column, "=", value);
  }
  if (from !== undefined) query = query.where("at", ">=", from);
  if (to !== undefined) query = query.where("at", "<", to);
  if (before !== undefined) query = query.where("id", "<", before);
  return (await query.execute()).map(toAuditEvent);
}

export async function readCheckpoints(db: Kysely<Schema>): Promise<readonly AuditCheckpoint[]> {
  return db.selectFrom("keyward_audit_checkpoint").selectAll().orderBy("sequence").execute();
}

/** Stores a checkpoint that is not stored yet. */
export async function addCheckpoint(trx: Transaction<Schema>, checkpoint: AuditCheckpoint): Promise<void> {
  const { sequence } = checkpoint;
  const stored = await trx
    .selectFrom("keyward_audit_checkpoint")
    .select("sequence")
    .where("sequence", "=", sequence)
    .executeTakeFirst();
  if (stored === undefined) await trx.insertInto("keyward_audit_checkpoint").values(checkpoint).execute();
}

/** Deletes some of the events up to a place. Returns how many. */
export async function deleteEvents(
  trx: Transaction<Schema>,
  { upTo, limit }: { readonly upTo: number; readonly limit: number },
): Promise<number> {
  const { numDeletedRows } = await trx
    .deleteFrom("keyward_audit")
    .where("seq", "in", (query) =>
      query
        .selectFrom("keyward_audit")
        .select("seq")
        .where("chain_sequence", "<=", upTo)
        .orderBy("chain_sequence")
        .limit(limit),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}
