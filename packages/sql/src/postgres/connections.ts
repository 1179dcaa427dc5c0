import { KeywardError } from "@keyward/core";
import type * as pg from "pg";
import type { Client, ClientConfig, Pool, PoolClient } from "pg";
import { loadPackage } from "../load-package.ts";
import { isStartupRefusal } from "./errors.ts";

/** The server behind a store. */
export interface Connections {
  /** Rejects if none is free within the time-out. */
  borrow(): Promise<PoolClient>;
  /** A connection outside the pool, not yet connected. */
  createClient(): Client;
  /** True if the server itself cancels all statements after the time-out. */
  readonly limitsStatements: boolean;
  close(): Promise<void>;
}

export interface ConnectionSettings {
  readonly url: string;
  /** Time-out for a connection, and then for a statement. */
  readonly timeoutMs: number;
  readonly maxConnections: number;
}

/**
 * Opens a separate pool, once the server has responded.
 *
 * The server is asked to end statements after `timeoutMs`. A pooler such as PgBouncer refuses that parameter at
 * startup; then each transaction sets it for itself.
 */
export async function openConnections(settings: ConnectionSettings): Promise<Connections> {
  const driver = await loadPackage<typeof pg>(
    () => import("pg"),
    "PostgreSQL needs the package pg: npm install pg.",
  );
  const { url, timeoutMs, maxConnections } = settings;
  const config: ClientConfig = {
    connectionString: url,
    application_name: "keyward",
    connectionTimeoutMillis: timeoutMs,
    keepAlive: true,
  };
  const limited: ClientConfig = { ...config, statement_timeout: timeoutMs };
  const limitsStatements = await connectOnce(new driver.Client(limited)).then(
    () => true,
    async (error: unknown) => {
      if (!isStartupRefusal(error)) throw error;
      await connectOnce(new driver.Client(config));
      return false;
    },
  );
  const accepted = limitsStatements ? limited : config;
  const pool = new driver.Pool({ ...accepted, max: maxConnections, allowExitOnIdle: true });
  // An idle connection that breaks is replaced when the next one is requested.
  pool.on("error", () => {});
  return {
    borrow: () => pool.connect(),
    createClient: () => new driver.Client(accepted),
    limitsStatements,
    close: () => pool.end(),
  };
}

async function connectOnce(client: Client): Promise<void> {
  client.on("error", () => {});
  await client.connect();
  await client.end();
}

/** Uses a pool that the application made and keeps: its host, its passwords and its TLS settings apply. */
export function connectionsOf(pool: Pool, timeoutMs: number): Connections {
  const { Client: DriverClient } = pool as Pool & { readonly Client?: new (config: ClientConfig) => Client };
  if (DriverClient === undefined) {
    throw new KeywardError("invalid-option", "postgresStore pool must be a Pool of the package pg.");
  }
  return {
    borrow: () => borrowInTime(pool, timeoutMs),
    createClient() {
      const { options } = pool;
      // The pool hides its password from being listed, so that it has to be copied by name.
      const { password } = options;
      return new DriverClient({
        ...options,
        ...(password !== undefined && { password }),
        connectionTimeoutMillis: timeoutMs,
      });
    },
    limitsStatements: false,
    close: async () => {},
  };
}

/** The application's pool may wait longer than Keyward does, or without an end. */
async function borrowInTime(pool: Pool, timeoutMs: number): Promise<PoolClient> {
  const borrowed = Promise.resolve(pool.connect());
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      borrowed.then(
        (client) => client.release(),
        () => {},
      );
      reject(new Error("timeout exceeded when trying to connect"));
    }, timeoutMs);
  });
  try {
    return await Promise.race([borrowed, late]);
  } finally {
    clearTimeout(timer);
  }
}
