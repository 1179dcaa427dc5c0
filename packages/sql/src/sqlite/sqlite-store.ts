import { resolve } from "node:path";
import { KeywardError, type KeyStore } from "@keyward/core";
import { Kysely, sql } from "kysely";
import { checkMigrationState, migrate, readMigrationState } from "../migrate.ts";
import type { MigrationTarget } from "../migrations/target.ts";
import type { Schema } from "../schema.ts";
import { SqlStore, type Database } from "../sql-store.ts";
import { whenFree } from "./busy.ts";
import { openDatabase, type Connection } from "./database.ts";
import { SharedSqliteDialect } from "./dialect.ts";
import { explain } from "./errors.ts";
import { watchChanges } from "./watch.ts";

/** How `sqliteStore()` opens its file. */
export interface SqliteStoreOptions {
  /** Whether to create and upgrade the tables. With `false`, run `keyward migrate` first. Default: `true`. */
  readonly migrate?: boolean | undefined;
}

const SQLITE: MigrationTarget = { kind: "sqlite" };

/**
 * A durable key store in one SQLite file, which is created if it is missing. Several processes on one
 * machine can share it. Writes are on disk (write-ahead log, `synchronous = FULL`) when they resolve.
 *
 * @param path of the file; its folder must exist
 * @throws KeywardError `store-corrupt`, `store-read-only`, `store-schema-newer`, `store-schema-older` or
 *   `store-unavailable`; the file is left as it was
 *
 * @example
 * ```ts
 * const kw = createKeyward({ secret: process.env.KEYWARD_SECRET, store: await sqliteStore("keyward.db") });
 * ```
 */
export async function sqliteStore(path: string, options: SqliteStoreOptions = {}): Promise<KeyStore> {
  const { migrate: mayMigrate = true } = options;
  if (typeof path !== "string" || path === "" || path === ":memory:") {
    throw new KeywardError(
      "invalid-option",
      `sqliteStore path must be the path of a file; got ${JSON.stringify(path)}.`,
    );
  }
  const file = resolve(path);
  let database: Connection | undefined;
  try {
    const connection = await openDatabase(file);
    database = connection;
    const db = new Kysely<Schema>({ dialect: new SharedSqliteDialect(connection) });
    // Reads only, until it is known that the file is ours to change.
    const state = await whenFree(() => readMigrationState(db, SQLITE));
    checkMigrationState(state, file, mayMigrate);
    await whenFree(() => connection.exec("begin immediate; rollback"));
    await whenFree(() => connection.exec("pragma journal_mode = wal"));
    connection.exec("pragma synchronous = full");
    if (mayMigrate) await whenFree(() => migrate(db, SQLITE));
    return new SqliteStore(db, file);
  } catch (error) {
    database?.close();
    throw explain(error, file);
  }
}

class SqliteStore extends SqlStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>, file: string) {
    super(sqliteDatabase(db, file));
    this.#db = db;
  }

  watch(changed: (keyIds: readonly string[]) => void): () => void {
    return watchChanges(this.#db, changed);
  }
}

function sqliteDatabase(db: Kysely<Schema>, file: string): Database {
  const explained = async <T>(work: Promise<T>) => {
    try {
      return await work;
    } catch (error) {
      throw explain(error, file);
    }
  };
  return {
    read: (work) => explained(work(db)),
    write: (work) => explained(db.transaction().execute(work)),
    async close() {
      // Leaves everything in the one file, so that it can be copied or moved. Another process may be reading what
      // would be folded in; then the last to close does it.
      await sql`pragma wal_checkpoint(truncate)`.execute(db).catch(() => {});
      await db.destroy();
    },
  };
}
