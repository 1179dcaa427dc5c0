import type { Store } from "@keyward/core";
import type { StoreChange } from "@keyward/core/store";
import { Kysely } from "kysely";
import { checkMigrationState, migrate, readMigrationState } from "../migrate.ts";
import { CHANNEL } from "../migrations/0001-tables.ts";
import type { TableLocation } from "../table-location.ts";
import type { Schema } from "../schema.ts";
import { SqlStore } from "../sql-store.ts";
import { connectionsOf, openConnections, type Connections } from "./connections.ts";
import { TimedPostgresDialect } from "./dialect.ts";
import { explain } from "./errors.ts";
import { listen } from "./listen.ts";
import {
  resolvePostgresOptions,
  type PostgresStoreOptions,
  type ResolvedPostgresOptions,
} from "./options.ts";
import { postgresDatabase } from "./transactions.ts";

/**
 * A durable key store in an existing PostgreSQL database (13 or later). Creates its tables if they are missing. Any
 * number of processes can share it. Needs the package `pg`.
 *
 * @param options or the URL alone
 * @throws KeywardError `invalid-option`, `store-schema-newer`, `store-schema-older`, `store-read-only` or `store-unavailable`
 *
 * @example
 * ```ts
 * const kw = createKeyward({
 *   secret: process.env.KEYWARD_SECRET,
 *   store: await postgresStore({ url: process.env.DATABASE_URL, schema: "keyward" }),
 * });
 * ```
 */
export async function postgresStore(options: string | PostgresStoreOptions): Promise<Store> {
  const resolved = resolvePostgresOptions(options);
  return withConnections(resolved, async (connections, { schema, where, timeoutMs, migrate: mayMigrate }) => {
    const location: TableLocation = { kind: "postgres", schema };
    // Without a time-out: the second process waits for the first, however long that takes.
    const preparing = kyselyOver(connections, 0);
    checkMigrationState(await readMigrationState(preparing, location), where, mayMigrate);
    if (mayMigrate) await migrate(preparing, location);
    return new PostgresStore(connections, resolved, kyselyOver(connections, timeoutMs));
  });
}

/** Connects, and disconnects again if the work fails. Failures are explained. */
export async function withConnections<T>(
  options: ResolvedPostgresOptions,
  work: (connections: Connections, options: ResolvedPostgresOptions) => Promise<T>,
): Promise<T> {
  const { from, where, timeoutMs } = options;
  let connections: Connections | undefined;
  try {
    connections =
      "pool" in from
        ? connectionsOf(from.pool, timeoutMs)
        : await openConnections({ url: from.url, maxConnections: from.maxConnections, timeoutMs });
    return await work(connections, options);
  } catch (error) {
    await connections?.close();
    throw explain(error, where);
  }
}

/** @param timeoutMs for each statement; 0 for no limit */
export function kyselyOver(connections: Connections, timeoutMs: number): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new TimedPostgresDialect(connections, timeoutMs) });
}

class PostgresStore extends SqlStore {
  readonly #connections: Connections;

  constructor(connections: Connections, options: ResolvedPostgresOptions, db: Kysely<Schema>) {
    super(postgresDatabase(connections, db, options));
    this.#connections = connections;
  }

  watch(changed: (change: StoreChange | undefined) => void): () => void {
    return listen(this.#connections.createClient, CHANNEL, (payload) => changed(toChange(payload)));
  }
}

/** The content of a notification. `undefined` if anything may have changed. */
function toChange(payload: string | undefined): StoreChange | undefined {
  if (payload === undefined) return undefined;
  const change = JSON.parse(payload) as {
    key: string | null;
    owner: string | null;
    reset: string[] | null;
  } | null;
  if (change === null) return undefined;
  return {
    keyIds: change.key === null ? [] : [change.key],
    ownerIds: change.owner === null ? [] : [change.owner],
    resetSubjects: change.reset ?? [],
  };
}
