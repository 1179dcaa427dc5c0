import type {
  AuditEntry,
  AuditFilter,
  ChangeGuard,
  ChangeOutcome,
  KeyChange,
  KeyFilter,
  KeyListPage,
  KeyRecord,
  KeyStore,
  LastUse,
  Page,
  UsageBatch,
  UsageHour,
  UsageQuery,
} from "@keyward/core";
import { sql, type Kysely, type Transaction } from "kysely";
import {
  toAuditEntry,
  toAuditRow,
  toKeyRecord,
  toKeyRow,
  toKeyUpdate,
  toUsageHour,
  toUsageRow,
} from "./rows.ts";
import { listKeys } from "./list-keys.ts";
import type { Schema } from "./schema.ts";

/** Rows a statement carries: well below what it may bind. */
const ROWS_A_STATEMENT = 100;

/** Does work in a database, its own way: what it retries, and how it says that it failed. */
export interface Database {
  read<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T>;
  /** In one transaction. The work may be done again, if the database undid it. */
  write<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The key store over Kysely: everything that is not of one database's own. */
export class SqlStore implements KeyStore {
  readonly durable = true;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async findByDigest(digest: string): Promise<KeyRecord | undefined> {
    return this.#database.read(async (db) => {
      const row = await db
        .selectFrom("keyward_key")
        .selectAll()
        .where("digest", "=", digest)
        .executeTakeFirst();
      return row && toKeyRecord(row);
    });
  }

  async find(id: string): Promise<KeyRecord | undefined> {
    return this.#database.read((db) => findById(db, id));
  }

  async list(filter: KeyFilter, page: KeyListPage): Promise<readonly KeyRecord[]> {
    return this.#database.read(async (db) => (await listKeys(db, filter, page).execute()).map(toKeyRecord));
  }

  async insert(record: KeyRecord, audit: AuditEntry): Promise<KeyRecord | undefined> {
    return this.#database.write(async (trx) => {
      const inserted = await trx
        .insertInto("keyward_key")
        .values(toKeyRow(record))
        .$if(record.idempotencyKey !== null, (query) =>
          query.onConflict((conflict) => conflict.column("idempotency_key").doNothing()),
        )
        .executeTakeFirst();
      if (inserted.numInsertedOrUpdatedRows === 0n) {
        const earlier = trx
          .selectFrom("keyward_key")
          .selectAll()
          .where("idempotency_key", "=", record.idempotencyKey);
        return toKeyRecord(await earlier.executeTakeFirstOrThrow());
      }
      await trx.insertInto("keyward_audit").values(toAuditRow(audit)).execute();
      return undefined;
    });
  }

  async change(
    id: string,
    change: KeyChange,
    audit: AuditEntry,
    guard: ChangeGuard = {},
  ): Promise<ChangeOutcome> {
    return this.#database.write(async (trx) => {
      const outcome = await changeKey(trx, id, change, guard);
      if (outcome.outcome === "changed")
        await trx.insertInto("keyward_audit").values(toAuditRow(audit)).execute();
      return outcome;
    });
  }

  async replace(
    id: string,
    change: KeyChange,
    successor: KeyRecord,
    audit: readonly AuditEntry[],
  ): Promise<ChangeOutcome> {
    return this.#database.write(async (trx) => {
      const outcome = await changeKey(trx, id, change, { unlessReplaced: true });
      if (outcome.outcome === "changed") {
        await trx.insertInto("keyward_key").values(toKeyRow(successor)).execute();
        await trx.insertInto("keyward_audit").values(audit.map(toAuditRow)).execute();
      }
      return outcome;
    });
  }

  async listAudit(filter: AuditFilter, page: Page): Promise<readonly AuditEntry[]> {
    return this.#database.read(async (db) => {
      let query = db.selectFrom("keyward_audit").selectAll().orderBy("id", "desc").limit(page.limit);
      if (filter.keyId !== undefined) query = query.where("key_id", "=", filter.keyId);
      if (filter.ownerId !== undefined) query = query.where("key_id", "in", keysOfOwner(db, filter.ownerId));
      if (page.before !== undefined) query = query.where("id", "<", page.before);
      return (await query.execute()).map(toAuditEntry);
    });
  }

  async addUsage({ usage, lastUses, daily }: UsageBatch): Promise<void> {
    // In one order everywhere, so that no two that write at the same time wait for each other.
    const hours = usage.map(toUsageRow).toSorted((a, b) => compare(a.key_id, b.key_id) || a.hour - b.hour);
    const days = daily.toSorted((a, b) => a.day - b.day || compare(a.subject, b.subject));
    const uses = lastUses.toSorted((a, b) => compare(a.keyId, b.keyId));
    await this.#database.write(async (trx) => {
      for (const rows of inChunks(hours)) await addHours(trx, rows);
      for (const counts of inChunks(days)) await addDays(trx, counts);
      for (const chunk of inChunks(uses)) await moveLastUse(trx, chunk);
    });
  }

  async queryUsage({ from, to, ...whose }: UsageQuery): Promise<readonly UsageHour[]> {
    return this.#database.read(async (db) => {
      const query = db.selectFrom("keyward_usage").where("hour", ">=", from).where("hour", "<", to);
      if ("keyId" in whose) {
        const rows = query.selectAll().where("key_id", "=", whose.keyId).orderBy("hour");
        return (await rows.execute()).map(toUsageHour);
      }
      const rows = query
        .select("hour")
        .select((eb) => SUMMED.map((column) => eb.cast<number>(eb.fn.sum(column), "bigint").as(column)))
        .where("key_id", "in", keysOfOwner(db, whose.ownerId))
        .groupBy("hour")
        .orderBy("hour");
      return (await rows.execute()).map(toUsageHour);
    });
  }

  async dropUsage(before: number): Promise<void> {
    await this.#database.write((trx) => trx.deleteFrom("keyward_usage").where("hour", "<", before).execute());
  }

  async readDaily(day: number) {
    return this.#database.write(async (trx) => {
      await trx
        .deleteFrom("keyward_daily")
        .where("day", "<", day - 1)
        .execute();
      const rows = await trx.selectFrom("keyward_daily").selectAll().where("day", "=", day).execute();
      return rows.map(({ subject, used }) => ({ subject, day, used }));
    });
  }

  async ping(): Promise<void> {
    await this.#database.read((db) => db.selectFrom("keyward_key").select("id").limit(1).execute());
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

async function findById(db: Kysely<Schema>, id: string): Promise<KeyRecord | undefined> {
  const row = await db.selectFrom("keyward_key").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toKeyRecord(row);
}

function keysOfOwner(db: Kysely<Schema>, ownerId: string) {
  return db.selectFrom("keyward_key").select("id").where("owner_id", "=", ownerId);
}

/** One statement that looks and changes, so that of two at the same time the second sees what the first did. */
async function changeKey(
  trx: Transaction<Schema>,
  id: string,
  change: KeyChange,
  { unlessReplaced = false, ifRevision }: ChangeGuard,
): Promise<ChangeOutcome> {
  const changed = await trx
    .updateTable("keyward_key")
    .set(({ eb }) => ({ ...toKeyUpdate(change), revision: eb("revision", "+", 1) }))
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .$if(unlessReplaced, (query) => query.where("rotated_to", "is", null))
    .$if(ifRevision !== undefined, (query) => query.where("revision", "=", ifRevision as number))
    .returningAll()
    .executeTakeFirst();
  if (changed !== undefined) return { outcome: "changed", record: toKeyRecord(changed) };
  const current = await findById(trx, id);
  return current === undefined ? { outcome: "not-found" } : { outcome: "refused", record: current };
}

/** The columns of an hour that are summed. */
const SUMMED = [
  "admitted",
  "cost",
  "refused",
  "refused_sustained",
  "refused_burst",
  "refused_daily",
  "observed",
] as const satisfies readonly (keyof Schema["keyward_usage"])[];

async function addHours(trx: Transaction<Schema>, rows: Schema["keyward_usage"][]): Promise<void> {
  await trx
    .insertInto("keyward_usage")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(["key_id", "hour"])
        .doUpdateSet(({ ref, eb }) =>
          Object.fromEntries(
            SUMMED.map((column) => [
              column,
              eb(ref(`keyward_usage.${column}`), "+", ref(`excluded.${column}`)),
            ]),
          ),
        ),
    )
    .execute();
}

async function addDays(trx: Transaction<Schema>, counts: Schema["keyward_daily"][]): Promise<void> {
  await trx
    .insertInto("keyward_daily")
    .values(counts)
    .onConflict((conflict) =>
      conflict
        .columns(["day", "subject"])
        .doUpdateSet(({ ref, eb }) => ({ used: eb(ref("keyward_daily.used"), "+", ref("excluded.used")) })),
    )
    .execute();
}

/** How far a last use has to move to be written: a busy key would be written with each batch. */
const LAST_USE_STEP_MS = 30_000;

async function moveLastUse(trx: Transaction<Schema>, uses: readonly LastUse[]): Promise<void> {
  const rows = uses.map(({ keyId, at, address }) => sql`(${keyId}, cast(${at} as bigint), ${address})`);
  await sql`
    with used (key_id, at, address) as (values ${sql.join(rows)})
    update keyward_key set last_used_at = used.at, last_used_address = used.address from used
    where keyward_key.id = used.key_id
      and (last_used_at is null or last_used_at <= used.at - ${sql.lit(LAST_USE_STEP_MS)})`.execute(trx);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function inChunks<T>(rows: readonly T[]): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) {
    chunks.push(rows.slice(start, start + ROWS_A_STATEMENT));
  }
  return chunks;
}
