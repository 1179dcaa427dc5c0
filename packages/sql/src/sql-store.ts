import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "@keyward/core";
import type {
  AuditChain,
  AuditCheckpoint,
  AuditFilter,
  AuditPage,
  ChangeGuard,
  ChangeOutcome,
  InsertBounds,
  InsertOutcome,
  KeyChange,
  KeyFilter,
  KeyListPage,
  KeyRecord,
  KeyWithOwner,
  LinkedAuditEvent,
  OwnerChange,
  OwnerChangeOutcome,
  OwnerListPage,
  OwnerRecord,
  PeriodCount,
  Replacement,
  SessionExtension,
  SessionRecord,
  StoredAuditEvent,
  TagBounds,
  TagOwner,
  NetworkUse,
  UsageAge,
  UsageBatch,
  UsageRow,
  UsageSelection,
} from "@keyward/core/store";
import type { Kysely, Transaction } from "kysely";
import {
  addCheckpoint,
  addEvents,
  deleteEvents,
  linkEvents,
  listEvents,
  readChain,
  readCheckpoints,
  readUnlinked,
} from "./audit.ts";
import { addCounts, dropCounts, readCounts } from "./counts.ts";
import { countKeys, listKeys } from "./list-keys.ts";
import { changeOwner, countLines, ensureOwner, listOwners } from "./owners.ts";
import {
  toAuditEvent,
  toKeyRecord,
  toKeyRow,
  toKeyUpdate,
  toKeyWithOwner,
  toLastUseRow,
  toOwnerRecord,
} from "./rows.ts";
import type { OwnedKeyRow, Schema } from "./schema.ts";
import { selectKeys } from "./select-keys.ts";
import { insertSession, listSessions, toSessionRecord } from "./sessions.ts";
import type { TableLocation } from "./table-location.ts";
import { claimTags } from "./tags.ts";
import { addUsage, dropUsage, USAGE_TABLES } from "./usage.ts";
import { dropNetworks, listNetworks } from "./networks.ts";
import { queryUsage } from "./query-usage.ts";

/** Does work in a database, its own way: on which connection, what it retries, and how it explains failures. */
export interface Database {
  readonly location: TableLocation;
  /** Finds one key with its owner. Does not wait for other reads or for writes. */
  findKey(column: "id" | "digest", value: string): Promise<OwnedKeyRow | undefined>;
  read<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T>;
  /** In one transaction. The work may run again if the database rolled it back. */
  write<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The number of rows of usage that one transaction deletes, and the pause between two of them for other writers. */
const ROWS_DROPPED_TOGETHER = 1000;
const DROP_PAUSE_MS = 10;

/** Time for which a successful write proves that the store is writable. */
const WRITTEN_MS = 1000;

/** The store over Kysely: everything that the databases have in common. */
export class SqlStore implements Store {
  readonly durable = true;
  readonly #database: Database;
  readonly #location: TableLocation;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #isClosing = false;
  #chain: AuditChain | undefined;

  constructor(database: Database) {
    this.#database = database;
    this.#location = database.location;
  }

  async findByDigest(digest: string): Promise<KeyWithOwner | undefined> {
    const row = await this.#find("digest", digest);
    return row && toKeyWithOwner(row);
  }

  async find(id: string): Promise<KeyRecord | undefined> {
    const row = await this.#find("id", id);
    return row && toKeyRecord(row);
  }

  async list(filter: KeyFilter, page: KeyListPage): Promise<readonly KeyRecord[]> {
    return this.#read(async (db) => (await listKeys(db, filter, page, this.#location)).map(toKeyRecord));
  }

  async count(filter: KeyFilter): Promise<number> {
    return this.#read((db) => countKeys(db, filter, this.#location));
  }

  async insert(record: KeyRecord, event: StoredAuditEvent, bounds?: InsertBounds): Promise<InsertOutcome> {
    return this.#write(async (trx) => {
      const { ownerId, idempotencyKey } = record;
      if (idempotencyKey !== null) {
        const earlier = await selectKeys(trx)
          .where("k.idempotency_key", "=", idempotencyKey)
          .executeTakeFirst();
        if (earlier !== undefined) return { outcome: "duplicate", record: toKeyRecord(earlier) };
      }
      if (bounds !== undefined && ownerId !== null) {
        // Inserts for one owner come one after another, so that each counts those before it.
        const lines = await countLines(trx, ownerId, bounds.now, this.#location);
        if (lines >= bounds.maxKeys) return { outcome: "too-many" };
      }
      const inserted = await trx
        .insertInto("keyward_key")
        .values(toKeyRow(record))
        .$if(idempotencyKey !== null, (query) =>
          query.onConflict((conflict) => conflict.column("idempotency_key").doNothing()),
        )
        .executeTakeFirst();
      if (inserted.numInsertedOrUpdatedRows === 0n) {
        const earlier = selectKeys(trx).where("k.idempotency_key", "=", idempotencyKey);
        return { outcome: "duplicate", record: toKeyRecord(await earlier.executeTakeFirstOrThrow()) };
      }
      await insertBeside(trx, record);
      await this.#addEvents(trx, [event]);
      return { outcome: "inserted" };
    });
  }

  async change(
    id: string,
    change: KeyChange,
    event: (before: KeyRecord) => StoredAuditEvent,
    guard: ChangeGuard = {},
  ): Promise<ChangeOutcome> {
    return this.#write(async (trx) => {
      const before = await lockKey(trx, id, this.#location);
      if (before === undefined) return { outcome: "not-found" };
      const outcome = await changeKey(trx, id, change, guard);
      if (outcome.outcome === "changed") await this.#addEvents(trx, [event(before)]);
      return outcome;
    });
  }

  async replace(
    id: string,
    change: KeyChange,
    successor: KeyRecord,
    { events, ifRevision }: Replacement,
  ): Promise<ChangeOutcome> {
    return this.#write(async (trx) => {
      const outcome = await changeKey(trx, id, change, { unlessReplaced: true, ifRevision });
      if (outcome.outcome === "changed") {
        await trx.insertInto("keyward_key").values(toKeyRow(successor)).execute();
        await insertBeside(trx, successor);
        await this.#addEvents(trx, events);
      }
      return outcome;
    });
  }

  async findOwner(id: string): Promise<OwnerRecord | undefined> {
    const row = await this.#read((db) =>
      db.selectFrom("keyward_owner").selectAll().where("id", "=", id).executeTakeFirst(),
    );
    return row && toOwnerRecord(row);
  }

  async listOwners(page: OwnerListPage): Promise<readonly OwnerRecord[]> {
    return this.#read(async (db) => (await listOwners(db, page)).map(toOwnerRecord));
  }

  async changeOwner(
    initial: OwnerRecord,
    change: OwnerChange,
    event: (before: OwnerRecord | undefined) => StoredAuditEvent,
    { ifRevision }: Partial<Pick<ChangeGuard, "ifRevision">> = {},
  ): Promise<OwnerChangeOutcome> {
    return this.#write(async (trx) => {
      const { before, ...outcome } = await changeOwner(trx, initial, { change, ifRevision }, this.#location);
      if (outcome.outcome === "changed") await this.#addEvents(trx, [event(before)]);
      return outcome;
    });
  }

  async listAudit(filter: AuditFilter, page: AuditPage): Promise<readonly StoredAuditEvent[]> {
    return this.#read((db) => listEvents(db, filter, page));
  }

  async appendAudit(event: StoredAuditEvent): Promise<void> {
    await this.#write((trx) => this.#addEvents(trx, [event]));
  }

  useAuditChain(chain: AuditChain): void {
    this.#chain = chain;
  }

  async linkAudit(): Promise<number> {
    const chain = this.#chain;
    return chain === undefined ? 0 : this.#write((trx) => linkEvents(trx, chain, this.#location));
  }

  async readAuditChain(after: number, limit: number): Promise<readonly LinkedAuditEvent[]> {
    return this.#read((db) => readChain(db, after, limit));
  }

  async readUnlinkedAudit(limit: number): Promise<readonly StoredAuditEvent[]> {
    return this.#read(async (db) => (await readUnlinked(db, limit)).map(toAuditEvent));
  }

  async readAuditCheckpoints(): Promise<readonly AuditCheckpoint[]> {
    return this.#read(readCheckpoints);
  }

  /** In small transactions, as {@link dropUsage}. */
  async pruneAudit(checkpoint: AuditCheckpoint): Promise<number> {
    await this.#write((trx) => addCheckpoint(trx, checkpoint));
    let deleted = 0;
    await this.#dropInSteps(async (trx) => {
      const limit = ROWS_DROPPED_TOGETHER;
      const now = await deleteEvents(trx, { upTo: checkpoint.sequence, limit });
      deleted += now;
      return now === limit;
    });
    return deleted;
  }

  #addEvents(trx: Transaction<Schema>, events: readonly StoredAuditEvent[]): Promise<void> {
    return addEvents(trx, events, this.#chain, this.#location);
  }

  async addUsage(batch: UsageBatch): Promise<void> {
    await this.#write((trx) => addUsage(trx, batch, this.#location));
  }

  async queryUsage(selection: UsageSelection): Promise<readonly UsageRow[]> {
    return this.#read((db) => queryUsage(db, selection, this.#location));
  }

  async listNetworks(lineageId: string, since: number): Promise<readonly NetworkUse[]> {
    return this.#read((db) => listNetworks(db, lineageId, since));
  }

  async claimTags(whose: TagOwner, tags: readonly string[], bounds: TagBounds): Promise<readonly string[]> {
    return this.#write((trx) => claimTags(trx, whose, tags, bounds));
  }

  /** In small transactions with pauses: millions of rows can be too old, and other writers must not wait for them. */
  async dropUsage({ minutesBefore, hoursBefore, networksBefore }: UsageAge): Promise<void> {
    const limit = ROWS_DROPPED_TOGETHER;
    const networks = { before: networksBefore, limit };
    await this.#dropInSteps((trx) => dropNetworks(trx, networks, this.#location));
    for (const table of USAGE_TABLES) {
      const before = table.unit === "minute" ? minutesBefore : hoursBefore;
      await this.#dropInSteps((trx) => dropUsage(trx, table, { before, limit }, this.#location));
    }
  }

  /** @param drop returns whether more is left */
  async #dropInSteps(drop: (trx: Transaction<Schema>) => Promise<boolean>): Promise<void> {
    try {
      while (await this.#write(drop)) await sleep(DROP_PAUSE_MS, undefined, { ref: false });
    } catch (error) {
      if (!this.#isClosing) throw error;
    }
  }

  async addCounts(counts: readonly PeriodCount[]): Promise<void> {
    await this.#write((trx) => addCounts(trx, counts, this.#location));
  }

  async readCounts(subjects: readonly string[], now: number): Promise<readonly PeriodCount[]> {
    return this.#read((db) => readCounts(db, subjects, now, this.#location));
  }

  async deleteCounts(subject: string): Promise<void> {
    await this.#write((trx) => trx.deleteFrom("keyward_count").where("subject", "=", subject).execute());
  }

  /** In small transactions, as {@link dropUsage}. */
  async dropCounts(endedBefore: number): Promise<void> {
    const limit = ROWS_DROPPED_TOGETHER;
    await this.#dropInSteps((trx) => dropCounts(trx, { endedBefore, limit }, this.#location));
  }

  async readSecretChecks(): Promise<readonly string[]> {
    const rows = await this.#read((db) => db.selectFrom("keyward_secret").select("value").execute());
    return rows.map(({ value }) => value);
  }

  async addSecretCheck(value: string): Promise<void> {
    await this.#write((trx) =>
      trx
        .insertInto("keyward_secret")
        .values({ value })
        .onConflict((conflict) => conflict.column("value").doNothing())
        .execute(),
    );
  }

  async insertSession(session: SessionRecord, event: StoredAuditEvent): Promise<void> {
    await this.#write(async (trx) => {
      await insertSession(trx, session);
      await this.#addEvents(trx, [event]);
    });
  }

  async findSession(digest: string): Promise<SessionRecord | undefined> {
    const row = await this.#read((db) =>
      db.selectFrom("keyward_session").selectAll().where("digest", "=", digest).executeTakeFirst(),
    );
    return row && toSessionRecord(row);
  }

  async listSessions(now: number): Promise<readonly SessionRecord[]> {
    return this.#read((db) => listSessions(db, now));
  }

  async extendSession(id: string, { lastSeenAt, idleEndsAt }: SessionExtension): Promise<void> {
    const extension = { last_seen_at: lastSeenAt, idle_ends_at: idleEndsAt };
    await this.#write((trx) =>
      trx.updateTable("keyward_session").set(extension).where("id", "=", id).execute(),
    );
  }

  async deleteSession(id: string, event: StoredAuditEvent): Promise<boolean> {
    return this.#write(async (trx) => {
      const deleted = await trx.deleteFrom("keyward_session").where("id", "=", id).executeTakeFirst();
      if (deleted.numDeletedRows === 0n) return false;
      await this.#addEvents(trx, [event]);
      return true;
    });
  }

  async claim(name: string, until: number): Promise<boolean> {
    return this.#write(async (trx) => {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto("keyward_claim")
        .values({ name, until })
        .onConflict((conflict) => conflict.column("name").doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    });
  }

  async dropClaims(endedBefore: number): Promise<void> {
    await this.#write((trx) => trx.deleteFrom("keyward_claim").where("until", "<", endedBefore).execute());
  }

  /** Writes a row, unless something was written just now: a store can be readable and full. */
  async ping(): Promise<void> {
    if (performance.now() < this.#writtenAt + WRITTEN_MS) return;
    await this.#write((trx) => trx.updateTable("keyward_probe").set({ at: Date.now() }).execute());
  }

  close(): Promise<void> {
    this.#isClosing = true;
    return this.#database.close();
  }

  #find(column: "id" | "digest", value: string): Promise<OwnedKeyRow | undefined> {
    return this.#noteFailure(this.#database.findKey(column, value));
  }

  #read<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
    return this.#noteFailure(this.#database.read((db) => work(this.#inSchema(db))));
  }

  async #write<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
    const writing = this.#database.write((trx) => work(this.#inSchema(trx) as Transaction<Schema>));
    const result = await this.#noteFailure(writing);
    this.#writtenAt = performance.now();
    return result;
  }

  async #noteFailure<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#writtenAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  #inSchema(db: Kysely<Schema>): Kysely<Schema> {
    const { schema } = this.#location;
    return schema === undefined ? db : db.withSchema(schema);
  }
}

/** Inserts the other rows of a new key. */
async function insertBeside(trx: Transaction<Schema>, record: KeyRecord): Promise<void> {
  await trx.insertInto("keyward_last_use").values(toLastUseRow(record)).execute();
  if (record.ownerId !== null) await ensureOwner(trx, record.ownerId, record.createdAt);
}

/** The key as it is changed: until the transaction ends, no other one changes it. */
async function lockKey(
  trx: Transaction<Schema>,
  id: string,
  { kind }: TableLocation,
): Promise<KeyRecord | undefined> {
  const row = await selectKeys(trx)
    .where("k.id", "=", id)
    // A transaction in SQLite has the whole database to itself.
    .$if(kind === "postgres", (query) => query.forUpdate("k"))
    .executeTakeFirst();
  return row && toKeyRecord(row);
}

/** One statement compares and changes, so that of two at the same time the second sees what the first did. */
async function changeKey(
  trx: Transaction<Schema>,
  id: string,
  change: KeyChange,
  { unlessReplaced = false, ifRevision }: ChangeGuard,
): Promise<ChangeOutcome> {
  const { numUpdatedRows } = await trx
    .updateTable("keyward_key")
    .set(({ eb }) => ({ ...toKeyUpdate(change), revision: eb("revision", "+", 1) }))
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .$if(unlessReplaced, (query) => query.where("rotated_to", "is", null))
    .$if(ifRevision !== undefined, (query) => query.where("revision", "=", ifRevision as number))
    .executeTakeFirst();
  const row = await selectKeys(trx).where("k.id", "=", id).executeTakeFirst();
  if (row === undefined) return { outcome: "not-found" };
  return { outcome: numUpdatedRows > 0n ? "changed" : "refused", record: toKeyRecord(row) };
}
