import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { KeywardError } from "@keyward/core";
import { Kysely, PostgresDialect, sql } from "kysely";
import { executedMigrations } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import { explain as explainPostgres } from "./postgres/errors.ts";
import { createPool, loadDriver } from "./postgres/pool.ts";
import { describeUrl } from "./postgres/url.ts";
import type { Schema } from "./schema.ts";
import { openDatabase } from "./sqlite/database.ts";
import { SharedSqliteDialect } from "./sqlite/dialect.ts";
import { explain as explainSqlite } from "./sqlite/errors.ts";

/** What is known of a store without changing anything in it. */
export interface StoreReport {
  readonly kind: "sqlite" | "postgres" | "memory";
  /** Whether there is a database at all. */
  readonly exists: boolean;
  /** Migrations that this release would run when it opens the store. */
  readonly pending: readonly string[];
  /** Migrations of a newer release: this one refuses the store. */
  readonly unknown: readonly string[];
  /** By how much the database's clock is ahead of this machine's, in milliseconds; of a server only. */
  readonly clockAheadMs?: number;
}

const TIMEOUT_MS = 5000;

/**
 * Looks at the store that a setting names, as {@link openStore} takes it, and changes nothing.
 *
 * @throws KeywardError `invalid-option` for a setting that names none, or `store-…` if it does not answer
 */
export async function inspectStore(url: string): Promise<StoreReport> {
  if (url === "memory:") return { kind: "memory", exists: true, pending: [], unknown: [] };
  if (/^postgres(ql)?:/.test(url)) return inspectPostgres(url);
  if (url.startsWith("sqlite:")) return inspectSqlite(resolve(url.slice("sqlite:".length)));
  throw new KeywardError("invalid-option", "The key store: wants sqlite:<path>, postgres://… or memory:.");
}

async function inspectSqlite(file: string): Promise<StoreReport> {
  if (!existsSync(file)) {
    return { kind: "sqlite", exists: false, pending: Object.keys(MIGRATIONS), unknown: [] };
  }
  let db: Kysely<Schema> | undefined;
  try {
    db = new Kysely<Schema>({ dialect: new SharedSqliteDialect(await openDatabase(file)) });
    return { kind: "sqlite", exists: true, ...(await compare(db)) };
  } catch (error) {
    throw explainSqlite(error, file);
  } finally {
    await db?.destroy();
  }
}

async function inspectPostgres(url: string): Promise<StoreReport> {
  const where = describeUrl(url);
  const pool = createPool(await loadDriver(), { url, timeoutMs: TIMEOUT_MS, maxConnections: 1 });
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrations = await compare(db);
    const startedAt = Date.now();
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
    // Half of the way there and back is what the answer is old.
    const here = (startedAt + Date.now()) / 2;
    const now = rows[0]?.now.getTime();
    return {
      kind: "postgres",
      exists: true,
      ...migrations,
      ...(now !== undefined && { clockAheadMs: Math.round(now - here) }),
    };
  } catch (error) {
    throw explainPostgres(error, where);
  } finally {
    await db.destroy();
  }
}

async function compare(db: Kysely<Schema>): Promise<Pick<StoreReport, "pending" | "unknown">> {
  const executed = await executedMigrations(db);
  return {
    pending: Object.keys(MIGRATIONS).filter((name) => !executed.includes(name)),
    unknown: executed.filter((name) => !(name in MIGRATIONS)),
  };
}
