import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { KeywardError, type Store } from "@keyward/core";
import type { StoreChange } from "@keyward/core/store";
import { Kysely } from "kysely";
import { checkMigrationState, migrate, readMigrationState } from "../migrate.ts";
import type { Schema } from "../schema.ts";
import { SqlStore } from "../sql-store.ts";
import type { TableLocation } from "../table-location.ts";
import { SqliteConnection } from "./connection.ts";
import { sqliteDatabase } from "./database.ts";
import { ThreadedSqliteDialect } from "./dialect.ts";
import { explain, isBusy } from "./errors.ts";
import { watchChanges } from "./watch.ts";

/** Options of `sqliteStore()`. */
export interface SqliteStoreOptions {
  /** Create and upgrade the tables. With `false`, run `keyward migrate` first. Default: `true`. */
  readonly migrate?: boolean | undefined;
}

const SQLITE: TableLocation = { kind: "sqlite" };

/** Time-out for opening a file that other processes are opening too. */
const OPEN_WITHIN_MS = 10_000;

/**
 * A durable key store in one SQLite file, which is created if it is missing. Several processes on one machine can share
 * it. Writes are on disk (write-ahead log, `synchronous = FULL`) when they resolve. SQLite runs in separate threads, so that neither the disk nor a long query blocks requests.
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
export async function sqliteStore(path: string, options: SqliteStoreOptions = {}): Promise<Store> {
  const { migrate: mayMigrate = true } = options;
  // A URL is not a path, and may contain a password.
  if (typeof path !== "string" || path === "" || path === ":memory:" || /^\w+:\/\//.test(path)) {
    const got = typeof path === "string" ? `a string of ${path.length} characters` : typeof path;
    throw new KeywardError("invalid-option", `sqliteStore path must be the path of a file; got ${got}.`);
  }
  const file = resolve(path);
  try {
    return new SqliteStore(await openWriter(file, mayMigrate), file);
  } catch (error) {
    throw explain(error, file);
  }
}

/**
 * Opens the file and upgrades its tables. Where another process was in the way, the connection is opened again:
 * one that has read before the other's commit cannot write any more.
 */
async function openWriter(file: string, mayMigrate: boolean): Promise<SqliteConnection> {
  const giveUpAt = performance.now() + OPEN_WITHIN_MS;
  for (;;) {
    const connection = new SqliteConnection(file);
    try {
      await prepare(connection, file, mayMigrate);
      return connection;
    } catch (error) {
      await connection.close();
      if (!isBusy(error) || performance.now() > giveUpAt) throw error;
    }
    await sleep(10 + 40 * Math.random());
  }
}

async function prepare(connection: SqliteConnection, file: string, mayMigrate: boolean): Promise<void> {
  const db = new Kysely<Schema>({ dialect: new ThreadedSqliteDialect(connection) });
  // Reads only, until it is known that the file may be changed.
  checkMigrationState(await readMigrationState(db, SQLITE), file, mayMigrate);
  await connection.run("begin immediate");
  await connection.run("rollback");
  await connection.run("pragma journal_mode = wal");
  await connection.run("pragma synchronous = full");
  if (mayMigrate) await migrate(db, SQLITE);
}

class SqliteStore extends SqlStore {
  readonly #lookups: SqliteConnection;

  constructor(writer: SqliteConnection, file: string) {
    const lookups = new SqliteConnection(file, ["pragma query_only = on"]);
    super(sqliteDatabase(file, writer, lookups));
    this.#lookups = lookups;
  }

  watch(changed: (change: StoreChange | undefined) => void): () => void {
    return watchChanges(this.#lookups, changed);
  }
}
