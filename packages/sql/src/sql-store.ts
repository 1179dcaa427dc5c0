import type {
  AuditEntry,
  AuditFilter,
  ChangeGuard,
  ChangeOutcome,
  DailyCount,
  KeyChange,
  KeyFilter,
  KeyListPage,
  KeyRecord,
  KeyStore,
  Page,
  UsageBatch,
  UsageHour,
  UsageQuery,
} from "@keyward/core";
import type { Kysely, Transaction } from "kysely";
import { keysOfOwner, listKeys } from "./list-keys.ts";
import { toAuditEntry, toAuditRow, toKeyRecord, toKeyRow, toKeyUpdate } from "./rows.ts";
import type { Schema } from "./schema.ts";
import { addUsage, queryUsage, readDaily } from "./usage.ts";

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
  readonly #schema: string | undefined;

  /** @param schema of the tables, where they are not in the default one */
  constructor(database: Database, schema?: string) {
    this.#database = schema === undefined ? database : inSchema(database, schema);
    this.#schema = schema;
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
    { id, revision }: Pick<KeyRecord, "id" | "revision">,
    change: KeyChange,
    successor: KeyRecord,
    audit: readonly AuditEntry[],
  ): Promise<ChangeOutcome> {
    return this.#database.write(async (trx) => {
      const outcome = await changeKey(trx, id, change, { unlessReplaced: true, ifRevision: revision });
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

  async addUsage(batch: UsageBatch): Promise<void> {
    await this.#database.write((trx) => addUsage(trx, batch, this.#schema));
  }

  async queryUsage(query: UsageQuery): Promise<readonly UsageHour[]> {
    return this.#database.read((db) => queryUsage(db, query));
  }

  async dropUsage(before: number): Promise<void> {
    await this.#database.write((trx) => trx.deleteFrom("keyward_usage").where("hour", "<", before).execute());
  }

  async readDaily(day: number): Promise<readonly DailyCount[]> {
    return this.#database.write((trx) => readDaily(trx, day));
  }

  async ping(): Promise<void> {
    await this.#database.read((db) => db.selectFrom("keyward_key").select("id").limit(1).execute());
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

function inSchema(database: Database, schema: string): Database {
  return {
    read: (work) => database.read((db) => work(db.withSchema(schema))),
    write: (work) => database.write((trx) => work(trx.withSchema(schema))),
    close: () => database.close(),
  };
}

async function findById(db: Kysely<Schema>, id: string): Promise<KeyRecord | undefined> {
  const row = await db.selectFrom("keyward_key").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toKeyRecord(row);
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
