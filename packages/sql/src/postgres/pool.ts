import { KeywardError } from "@keyward/core";
import type { PostgresPool, PostgresPoolClient } from "kysely";
import type * as pg from "pg";
import type { Client, ClientConfig, Pool, PoolClient } from "pg";
import { isOfServer } from "./errors.ts";

/** The driver, which is loaded when a store is opened: who uses SQLite need not have it. */
export type Driver = typeof pg;

export async function loadDriver(): Promise<Driver> {
  try {
    // Named exports in an ES module, one default export where a bundler has made a CommonJS module of this.
    const loaded = (await import("pg")) as Driver & { default?: Driver };
    return loaded.default ?? loaded;
  } catch (cause) {
    throw new KeywardError(
      "store-unavailable",
      "PostgreSQL needs the package pg, which is not installed: npm install pg.",
      { cause },
    );
  }
}

export interface ConnectionSettings {
  readonly url: string;
  /** For how long a connection, and then a statement, is waited for. 0 waits without an end. */
  readonly timeoutMs: number;
}

/** Counts are numbers here: none comes near 2^53. */
const INT8 = 20;

function configOf({ types }: Driver, { url, timeoutMs }: ConnectionSettings): ClientConfig {
  return {
    connectionString: url,
    application_name: "keyward",
    connectionTimeoutMillis: timeoutMs,
    keepAlive: true,
    // The server ends a slow statement itself; the client's own limit is for a server that hangs.
    ...(timeoutMs > 0 && { statement_timeout: timeoutMs, query_timeout: timeoutMs + 250 }),
    types: {
      getTypeParser: ((oid: number, format: never) =>
        oid === INT8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
    },
  };
}

/** A connection of its own. */
export function createClient(driver: Driver, settings: ConnectionSettings): Client {
  return new driver.Client(configOf(driver, settings));
}

export function createPool(
  driver: Driver,
  settings: ConnectionSettings & { readonly maxConnections: number },
): PostgresPool {
  const pool = new driver.Pool({
    ...configOf(driver, settings),
    max: settings.maxConnections,
    allowExitOnIdle: true,
  });
  // An idle connection that breaks is replaced when the next is asked for.
  pool.on("error", () => {});
  return { connect: () => borrow(pool), end: () => pool.end() };
}

/**
 * A pooled connection that is thrown away, not given back, once it has failed: what it would say next may be the
 * answer to what timed out. Until then it fails at once, and with what it failed first.
 */
async function borrow(pool: Pool): Promise<PostgresPoolClient> {
  const client: PoolClient = await pool.connect();
  let broken: Error | undefined;
  // What breaks between two statements is told by the next.
  const noteError = (error: Error) => (broken ??= error);
  client.on("error", noteError);
  const query = async (text: string, values: readonly unknown[]) => {
    if (broken !== undefined) throw broken;
    try {
      return await client.query(text, [...values]);
    } catch (error) {
      if (!isOfServer(error)) broken = error as Error;
      throw error;
    }
  };
  return {
    // Kysely streams with cursors, which nothing here does.
    query: query as unknown as PostgresPoolClient["query"],
    release() {
      client.off("error", noteError);
      client.release(broken !== undefined);
    },
  };
}
