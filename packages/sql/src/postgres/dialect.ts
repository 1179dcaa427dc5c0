import {
  CompiledQuery,
  PostgresDialect,
  PostgresDriver,
  type DatabaseConnection,
  type Driver,
  type PostgresPool,
  type PostgresPoolClient,
} from "kysely";
import type { CustomTypesConfig, PoolClient } from "pg";
import type { Connections } from "./connections.ts";
import { isOfServer } from "./errors.ts";

/** Time that the driver waits beyond the server's own time-out, for a server that hangs. */
const GRACE_MS = 250;

/** The type `bigint`. Its values are read as numbers: none comes near 2^53. */
const INT8 = 20;

/** Kysely's PostgreSQL dialect, in which every statement ends within a time limit. */
export class TimedPostgresDialect extends PostgresDialect {
  readonly #pool: PostgresPool;
  readonly #begin: string;

  /** @param timeoutMs for each statement; 0 for no limit, which migrations need */
  constructor(connections: Connections, timeoutMs: number) {
    const pool = {
      connect: async () => toPoolClient(await connections.borrow(), timeoutMs),
      // Several dialects can use the same connections; the store closes them.
      end: async () => {},
    };
    super({ pool });
    this.#pool = pool;
    const isLimited = connections.limitsStatements && timeoutMs > 0;
    // Each statement sees what others committed before it, whatever the database's default is.
    const begin = "begin isolation level read committed";
    this.#begin = isLimited ? begin : `${begin}; set local statement_timeout = ${timeoutMs}`;
  }

  override createDriver(): Driver {
    return new TimedPostgresDriver(this.#pool, this.#begin);
  }
}

class TimedPostgresDriver extends PostgresDriver {
  readonly #begin: string;

  constructor(pool: PostgresPool, begin: string) {
    super({ pool });
    this.#begin = begin;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(this.#begin));
  }
}

/**
 * A pooled connection that is closed instead of returned once it has failed: the next result it reads could belong to the statement that timed out. Until then it fails at once, with its first failure.
 */
function toPoolClient(client: PoolClient, timeoutMs: number): PostgresPoolClient {
  let broken: Error | undefined;
  // A failure between two statements is reported by the next statement.
  const noteError = (error: Error) => (broken ??= error);
  client.on("error", noteError);
  const settings = {
    types: typesOf(client),
    ...(timeoutMs > 0 && { query_timeout: timeoutMs + GRACE_MS }),
  };
  const query = async (text: string, values: readonly unknown[]) => {
    if (broken !== undefined) throw broken;
    try {
      return await client.query({ ...settings, text, values: [...values] });
    } catch (error) {
      if (!isOfServer(error)) broken = error as Error;
      throw error;
    }
  };
  return {
    // Kysely's other overload streams with cursors, which are not used here.
    query: query as unknown as PostgresPoolClient["query"],
    release() {
      client.off("error", noteError);
      client.release(broken !== undefined);
    },
  };
}

/** Set for each statement, because the connection may be the application's. */
function typesOf(client: PoolClient): CustomTypesConfig {
  return {
    getTypeParser: ((oid: number, format: never) =>
      oid === INT8 ? Number : client.getTypeParser(oid, format)) as CustomTypesConfig["getTypeParser"],
  };
}
