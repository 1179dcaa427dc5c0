import { existsSync } from "node:fs";
import { sql, type Kysely } from "kysely";
import { readMigrationState, type MigrationState } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import { tableIn, type TableLocation } from "./table-location.ts";
import type { Schema } from "./schema.ts";
import { fileOf, withDatabase } from "./with-database.ts";
import { storeKindOf } from "./store-url.ts";

/** The state of a store, read without changing anything in it. */
export interface StoreReport extends MigrationState {
  readonly kind: "sqlite" | "postgres" | "memory";
  /** True if there is a database at all. */
  readonly exists: boolean;
  /** Milliseconds by which the clock of the database server is ahead of this machine's. Only for servers. */
  readonly clockAheadMs?: number;
  /** The check values of the secrets that its keys were made under. Empty for a store that was never used. */
  readonly secretChecks: readonly string[];
}

/**
 * Reads the state of the store that a setting names, as {@link openStore} takes it. Changes nothing.
 *
 * @throws KeywardError `invalid-option` for a setting of no store, or `store-…` if it does not respond
 */
export async function inspectStore(url: string): Promise<StoreReport> {
  const kind = storeKindOf(url);
  if (kind === "memory") return { kind, exists: true, pending: [], unknown: [], secretChecks: [] };
  if (kind === "sqlite" && !existsSync(fileOf(url))) {
    return { kind, exists: false, pending: Object.keys(MIGRATIONS), unknown: [], secretChecks: [] };
  }
  return withDatabase(url, async (db, location) => {
    const state = await readMigrationState(db, location);
    const secretChecks = state.pending.length > 0 ? [] : await readSecretChecks(db, location);
    if (kind === "sqlite") return { kind, exists: true, ...state, secretChecks };
    const startedAt = Date.now();
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
    // The response is half a round trip old.
    const here = (startedAt + Date.now()) / 2;
    const now = rows[0]?.now.getTime();
    return {
      kind,
      exists: true,
      ...state,
      secretChecks,
      ...(now !== undefined && { clockAheadMs: Math.round(now - here) }),
    };
  });
}

async function readSecretChecks(db: Kysely<Schema>, location: TableLocation): Promise<readonly string[]> {
  const { rows } = await sql<{
    value: string;
  }>`select value from ${tableIn(location, "keyward_secret")}`.execute(db);
  return rows.map(({ value }) => value);
}
