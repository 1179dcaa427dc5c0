import { KeywardError, type KeyStore } from "@keyward/core";
import { Kysely, PostgresDialect } from "kysely";
import type { Client } from "pg";
import { migrate, refuseNewerSchema } from "../migrate.ts";
import { CHANNEL } from "../migrations/0001-keys.ts";
import type { Schema } from "../schema.ts";
import { SqlStore } from "../sql-store.ts";
import { explain } from "./errors.ts";
import { listen } from "./listen.ts";
import { createClient, createPool, loadDriver, type Driver } from "./pool.ts";
import { postgresDatabase } from "./transactions.ts";
import { describeUrl } from "./url.ts";

/** How `postgresStore()` connects, and how long it waits. */
export interface PostgresStoreOptions {
  /** Connections to the server at most, beside one that listens; 10 if left out. */
  readonly maxConnections?: number;
  /** For how long a free connection, and then a statement, is waited for, in milliseconds; 2000 if left out. */
  readonly timeoutMs?: number;
}

/**
 * A durable key store in a PostgreSQL database (13 or later), which has to be there; the tables are made if they
 * are not. Any number of processes can share it. Needs the package `pg`.
 *
 * @param url `postgres://user:password@host:5432/database`, with `?sslmode=verify-full` where the network is not
 *   your own
 * @throws KeywardError `invalid-option`, `store-schema-newer`, `store-read-only` or `store-unavailable`
 *
 * @example
 * ```ts
 * const kw = createKeyward({
 *   secret: process.env.KEYWARD_SECRET,
 *   store: await postgresStore("postgres://keyward:…@db.internal/keyward?sslmode=verify-full"),
 * });
 * ```
 */
export async function postgresStore(url: string, options: PostgresStoreOptions = {}): Promise<KeyStore> {
  const where = describeUrl(url);
  const maxConnections = checkCount("maxConnections", options.maxConnections ?? 10);
  const timeoutMs = checkCount("timeoutMs", options.timeoutMs ?? 2000);
  const driver = await loadDriver();
  try {
    await prepare(driver, url, timeoutMs, where);
  } catch (error) {
    throw explain(error, where);
  }
  const pool = createPool(driver, { url, timeoutMs, maxConnections });
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return new PostgresStore(db, where, () => createClient(driver, { url, timeoutMs }));
}

/** Brings the schema up to date. Whoever comes second waits for the first, however long that takes. */
async function prepare(driver: Driver, url: string, timeoutMs: number, where: string): Promise<void> {
  // First, within the time limit, whether the server answers at all.
  const client = createClient(driver, { url, timeoutMs });
  client.on("error", () => {});
  await client.connect();
  await client.end();
  const pool = createPool(driver, { url, timeoutMs: 0, maxConnections: 1 });
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  try {
    await refuseNewerSchema(db, where);
    await migrate(db, "postgres");
  } finally {
    await db.destroy();
  }
}

class PostgresStore extends SqlStore {
  readonly #createClient: () => Client;

  constructor(db: Kysely<Schema>, where: string, createListener: () => Client) {
    super(postgresDatabase(db, where));
    this.#createClient = createListener;
  }

  watch(changed: (keyIds: readonly string[] | undefined) => void): () => void {
    return listen(this.#createClient, CHANNEL, (keyId) => changed(keyId === undefined ? undefined : [keyId]));
  }
}

function checkCount(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new KeywardError(
    "invalid-option",
    `postgresStore: ${name}: got ${String(value)}, wants a whole number from 1.`,
  );
}
