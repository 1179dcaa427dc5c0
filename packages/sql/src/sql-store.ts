import type {
  AuditEntry,
  ChangeOutcome,
  KeyChange,
  KeyRecord,
  KeyStore,
  Page,
  UsageBatch,
} from "@keyward/core";
import type { Kysely, Transaction } from "kysely";
import {
  toAuditEntry,
  toAuditRow,
  toKeyRecord,
  toKeyRow,
  toKeyUpdate,
  toUsageCount,
  toUsageRow,
} from "./rows.ts";
import type { Schema } from "./schema.ts";

/** Rows an insert carries: well below what a statement may bind. */
const ROWS_A_STATEMENT = 100;

/** The key store over Kysely: everything that is not of one database's own. */
export class SqlStore implements KeyStore {
  readonly durable = true;
  readonly #db: Kysely<Schema>;
  readonly #explain: (error: unknown) => Error;

  constructor(db: Kysely<Schema>, explain: (error: unknown) => Error) {
    this.#db = db;
    this.#explain = explain;
  }

  async findByDigest(digest: string): Promise<KeyRecord | undefined> {
    return this.#run(async (db) => {
      const row = await db
        .selectFrom("keyward_key")
        .selectAll()
        .where("digest", "=", digest)
        .executeTakeFirst();
      return row && toKeyRecord(row);
    });
  }

  async find(id: string): Promise<KeyRecord | undefined> {
    return this.#run((db) => findById(db, id));
  }

  async list(filter: { readonly ownerId?: string | undefined }, page: Page): Promise<readonly KeyRecord[]> {
    return this.#run(async (db) => {
      let query = db.selectFrom("keyward_key").selectAll().orderBy("id", "desc").limit(page.limit);
      if (filter.ownerId !== undefined) query = query.where("owner_id", "=", filter.ownerId);
      if (page.before !== undefined) query = query.where("id", "<", page.before);
      return (await query.execute()).map(toKeyRecord);
    });
  }

  async insert(record: KeyRecord, audit: AuditEntry): Promise<void> {
    await this.#transact(async (trx) => {
      await trx.insertInto("keyward_key").values(toKeyRow(record)).execute();
      await trx.insertInto("keyward_audit").values(toAuditRow(audit)).execute();
    });
  }

  async change(
    id: string,
    change: KeyChange,
    audit: AuditEntry,
    guard: { readonly unlessReplaced?: boolean } = {},
  ): Promise<ChangeOutcome> {
    return this.#transact(async (trx) => {
      const outcome = await changeKey(trx, id, change, guard.unlessReplaced ?? false);
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
    return this.#transact(async (trx) => {
      const outcome = await changeKey(trx, id, change, true);
      if (outcome.outcome === "changed") {
        await trx.insertInto("keyward_key").values(toKeyRow(successor)).execute();
        await trx.insertInto("keyward_audit").values(audit.map(toAuditRow)).execute();
      }
      return outcome;
    });
  }

  async listAudit(
    filter: { readonly keyId?: string | undefined },
    page: Page,
  ): Promise<readonly AuditEntry[]> {
    return this.#run(async (db) => {
      let query = db.selectFrom("keyward_audit").selectAll().orderBy("id", "desc").limit(page.limit);
      if (filter.keyId !== undefined) query = query.where("key_id", "=", filter.keyId);
      if (page.before !== undefined) query = query.where("id", "<", page.before);
      return (await query.execute()).map(toAuditEntry);
    });
  }

  async addUsage({ usage, daily }: UsageBatch): Promise<void> {
    await this.#transact(async (trx) => {
      for (const rows of inChunks(usage.map(toUsageRow))) await addHours(trx, rows);
      for (const counts of inChunks(daily)) await addDays(trx, counts);
      for (const { keyId, lastUsedAt } of usage) {
        if (lastUsedAt === 0) continue;
        await trx
          .updateTable("keyward_key")
          .set({ last_used_at: lastUsedAt })
          .where("id", "=", keyId)
          .where((where) =>
            where.or([where("last_used_at", "is", null), where("last_used_at", "<", lastUsedAt)]),
          )
          .execute();
      }
    });
  }

  async queryUsage({ keyId, from, to }: { keyId: string; from: number; to: number }) {
    return this.#run(async (db) => {
      const rows = await db
        .selectFrom("keyward_usage")
        .selectAll()
        .where("key_id", "=", keyId)
        .where("hour", ">=", from)
        .where("hour", "<", to)
        .orderBy("hour")
        .execute();
      return rows.map(toUsageCount);
    });
  }

  async readDaily(day: number) {
    return this.#transact(async (trx) => {
      await trx
        .deleteFrom("keyward_daily")
        .where("day", "<", day - 1)
        .execute();
      const rows = await trx.selectFrom("keyward_daily").selectAll().where("day", "=", day).execute();
      return rows.map(({ subject, used }) => ({ subject, day, used }));
    });
  }

  async ping(): Promise<void> {
    await this.#run((db) => db.selectFrom("keyward_key").select("id").limit(1).execute());
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }

  async #run<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
    try {
      return await work(this.#db);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #transact<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
    return this.#run((db) => db.transaction().execute(work));
  }
}

async function findById(db: Kysely<Schema>, id: string): Promise<KeyRecord | undefined> {
  const row = await db.selectFrom("keyward_key").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toKeyRecord(row);
}

async function changeKey(
  trx: Transaction<Schema>,
  id: string,
  change: KeyChange,
  unlessReplaced: boolean,
): Promise<ChangeOutcome> {
  const current = await findById(trx, id);
  if (current === undefined) return { outcome: "not-found" };
  if (current.revokedAt !== null || (unlessReplaced && current.rotatedTo !== null)) {
    return { outcome: "refused", record: current };
  }
  const update = toKeyUpdate(change);
  if (Object.keys(update).length > 0) {
    await trx.updateTable("keyward_key").set(update).where("id", "=", id).execute();
  }
  return { outcome: "changed", record: { ...current, ...change } };
}

async function addHours(trx: Transaction<Schema>, rows: Schema["keyward_usage"][]): Promise<void> {
  await trx
    .insertInto("keyward_usage")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(["key_id", "hour"]).doUpdateSet(({ ref, eb, fn }) => {
        const sum = (column: SummedColumn) =>
          eb(ref(`keyward_usage.${column}`), "+", ref(`excluded.${column}`));
        return {
          admitted: sum("admitted"),
          cost: sum("cost"),
          refused: sum("refused"),
          refused_sustained: sum("refused_sustained"),
          refused_burst: sum("refused_burst"),
          refused_daily: sum("refused_daily"),
          observed: sum("observed"),
          last_used_at: fn<number>("max", ["keyward_usage.last_used_at", "excluded.last_used_at"]),
        };
      }),
    )
    .execute();
}

type SummedColumn = Exclude<keyof Schema["keyward_usage"], "key_id" | "hour" | "last_used_at">;

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

function inChunks<T>(rows: readonly T[]): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) {
    chunks.push(rows.slice(start, start + ROWS_A_STATEMENT));
  }
  return chunks;
}
