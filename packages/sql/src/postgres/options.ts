import { KeywardError } from "@keyward/core";
import type { Pool } from "pg";
import { readPostgresUrl } from "./url.ts";

/** A `Pool` of the package `pg`. */
export interface PostgresPool {
  connect(...args: never[]): unknown;
  readonly options: object;
}

/** Options of `postgresStore()`: connection, location of the tables, time-out. Needs either `url` or `pool`. */
export interface PostgresStoreOptions {
  /**
   * `postgres://user:password@host:5432/database`, with `?sslmode=verify-full` where others can read the network. The
   * driver receives it unchanged, so that sockets work too: `postgresql:///database?host=/cloudsql/project:region:db`.
   */
  readonly url?: string | undefined;
  /**
   * The application's own pool, for what a URL cannot say: `new pg.Pool({ host, user, database, password: () => token })`.
   * Keyward opens one more connection with the pool's options, to listen for changed keys. It does not close the pool.
   */
  readonly pool?: PostgresPool | undefined;
  /** The schema of the tables, created if it is missing. Default: the parameter `schema` of the URL, else the first of the role's search path. */
  readonly schema?: string | undefined;
  /** Create and upgrade the tables. `false` needs fewer privileges: run `keyward migrate` first. Default: `true`. */
  readonly migrate?: boolean | undefined;
  /** Connections to the server at most, in addition to the one that listens; only with `url`. Default: 10. */
  readonly maxConnections?: number | undefined;
  /** Time-out for a free connection, and then for a statement, in milliseconds. Default: 2000. */
  readonly timeoutMs?: number | undefined;
}

/** Options, checked and completed. */
export interface ResolvedPostgresOptions {
  readonly from: { readonly url: string; readonly maxConnections: number } | { readonly pool: Pool };
  /** The server and the database, for messages. */
  readonly where: string;
  readonly schema: string | undefined;
  readonly migrate: boolean;
  readonly timeoutMs: number;
}

const KNOWN: readonly (keyof PostgresStoreOptions)[] = [
  "url",
  "pool",
  "schema",
  "migrate",
  "maxConnections",
  "timeoutMs",
];

/** @throws KeywardError `invalid-option` that names the option and what it must be */
export function resolvePostgresOptions(input: string | PostgresStoreOptions): ResolvedPostgresOptions {
  const options = typeof input === "string" ? { url: input } : input;
  if (typeof options !== "object" || options === null) {
    throw invalid("options must be a URL or an object such as { url } or { pool }");
  }
  for (const name of Object.keys(options)) {
    if (!(KNOWN as readonly string[]).includes(name)) {
      throw invalid(`has no option ${JSON.stringify(name)}; it has ${KNOWN.join(", ")}`);
    }
  }
  const { url, pool, maxConnections, migrate = true } = options;
  if ((url === undefined) === (pool === undefined)) throw invalid("needs either url or pool");
  if (pool !== undefined && maxConnections !== undefined) {
    throw invalid("maxConnections applies only with url; set max in the options of the pool");
  }
  if (typeof migrate !== "boolean") throw invalid(`migrate must be true or false; got ${String(migrate)}`);
  const described = pool === undefined ? readPostgresUrl(url) : describePool(pool);
  return {
    from:
      pool === undefined
        ? { url: url as string, maxConnections: count("maxConnections", maxConnections ?? 10) }
        : { pool: pool as Pool },
    where: described.where,
    schema: checkSchema(options.schema ?? described.schema),
    migrate,
    timeoutMs: count("timeoutMs", options.timeoutMs ?? 2000),
  };
}

function describePool(pool: PostgresPool) {
  if (typeof pool !== "object" || pool === null || typeof pool.connect !== "function") {
    throw invalid(`pool must be a Pool of the package pg; got ${pool === null ? "null" : typeof pool}`);
  }
  const { connectionString, host, database } = (pool.options ?? {}) as Readonly<Record<string, unknown>>;
  if (connectionString !== undefined) return readPostgresUrl(connectionString);
  const named = [host, database].filter((part) => typeof part === "string");
  return { where: named.length > 0 ? named.join("/") : "of the given pool", schema: undefined };
}

function checkSchema(schema: unknown): string | undefined {
  if (schema === undefined) return undefined;
  if (typeof schema === "string" && /^[a-z_]\w{0,62}$/i.test(schema)) return schema;
  throw invalid('schema must be a name of letters, digits and "_", such as "keyward"');
}

function count(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw invalid(`${name} must be a whole number, at least 1; got ${String(value)}`);
}

function invalid(message: string): KeywardError {
  return new KeywardError("invalid-option", `postgresStore ${message}.`);
}
