import {
  foldCase,
  newOwner,
  type OwnerChange,
  type OwnerChangeOutcome,
  type OwnerListPage,
  type OwnerRecord,
} from "@keyward/core/store";
import { sql, type Kysely, type Transaction } from "kysely";
import { toOwnerRecord, toOwnerRow, toOwnerUpdate } from "./rows.ts";
import type { OwnerRow, Schema } from "./schema.ts";
import type { TableLocation } from "./table-location.ts";

/** Inserts an owner that does not exist. Returns whether it did not. */
async function insertOwner(trx: Transaction<Schema>, owner: OwnerRecord): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto("keyward_owner")
    .values(toOwnerRow(owner))
    .onConflict((conflict) => conflict.column("id").doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows !== 0n;
}

/** An owner exists once a key names it. */
export async function ensureOwner(trx: Transaction<Schema>, id: string, now: number): Promise<void> {
  await insertOwner(trx, newOwner(id, now));
}

/**
 * Changes an owner of the given revision, or of any. One that does not exist is inserted with the change.
 *
 * @returns the outcome, and the owner as it was before if it existed
 */
export async function changeOwner(
  trx: Transaction<Schema>,
  initial: OwnerRecord,
  { change, ifRevision }: { readonly change: OwnerChange; readonly ifRevision: number | undefined },
  { kind }: TableLocation,
): Promise<OwnerChangeOutcome & { readonly before: OwnerRecord | undefined }> {
  const { id } = initial;
  const inserted = { ...initial, ...change };
  if (await insertOwner(trx, inserted)) return { outcome: "changed", record: inserted, before: undefined };
  const before = await trx
    .selectFrom("keyward_owner")
    .selectAll()
    .where("id", "=", id)
    // A transaction in SQLite has the whole database to itself.
    .$if(kind === "postgres", (query) => query.forUpdate())
    .executeTakeFirstOrThrow();
  const { numUpdatedRows } = await trx
    .updateTable("keyward_owner")
    .set(({ eb }) => ({ ...toOwnerUpdate(change), revision: eb("revision", "+", 1) }))
    .where("id", "=", id)
    .$if(ifRevision !== undefined, (query) => query.where("revision", "=", ifRevision as number))
    .executeTakeFirst();
  const row = await trx
    .selectFrom("keyward_owner")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return {
    outcome: numUpdatedRows > 0n ? "changed" : "refused",
    record: toOwnerRecord(row),
    before: toOwnerRecord(before),
  };
}

/** A page of owners, by id. */
export async function listOwners(
  db: Kysely<Schema>,
  { search, after, limit }: OwnerListPage,
): Promise<readonly OwnerRow[]> {
  const pattern = `%${foldCase(search ?? "").replace(/[\\%_]/g, "\\$&")}%`;
  return db
    .selectFrom("keyward_owner")
    .selectAll()
    .$if(after !== undefined, (query) => query.where("id", ">", after as string))
    .$if(search !== undefined, (query) =>
      query.where(
        sql<boolean>`(lower(id) like ${pattern} escape '\\' or lower(name) like ${pattern} escape '\\')`,
      ),
    )
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** Any number, the same in every release: inserts for one owner wait for each other on it. */
const LOCK = 7_267_393_105;

/** The key lines of an owner that have a key which is neither revoked nor expired. Others that ask wait until the transaction ends. */
export async function countLines(
  trx: Transaction<Schema>,
  ownerId: string,
  now: number,
  { kind }: TableLocation,
): Promise<number> {
  // A transaction in SQLite has the whole database to itself.
  if (kind === "postgres")
    await sql`select pg_advisory_xact_lock(hashtextextended(${ownerId}, ${LOCK}))`.execute(trx);
  const { lines } = await trx
    .selectFrom("keyward_key")
    .select((eb) => eb.cast<number>(eb.fn.count("lineage_id").distinct(), "integer").as("lines"))
    .where("owner_id", "=", ownerId)
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
    .executeTakeFirstOrThrow();
  return Number(lines);
}
