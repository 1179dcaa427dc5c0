import { existsSync } from "node:fs";
import { inspectStore } from "./inspect-store.ts";
import { migrationStatements } from "./migrate.ts";
import { openStore } from "./open-store.ts";
import { storeKindOf } from "./store-url.ts";
import { fileOf, withDatabase } from "./with-database.ts";

/**
 * Creates or upgrades the tables of a store, as opening it does, for a role that may do so. The application then opens
 * the store with `migrate: false`.
 *
 * @param url as {@link openStore} takes it
 * @returns the names of the migrations that were pending
 * @throws KeywardError as {@link openStore}
 */
export async function migrateStore(url: string): Promise<readonly string[]> {
  const { pending } = await inspectStore(url);
  const store = await openStore(url);
  await store.close();
  return pending;
}

/**
 * The SQL that {@link migrateStore} would run, as one transaction to be run by other means; empty if the tables are up
 * to date. Changes nothing.
 *
 * @param url as {@link openStore} takes it
 * @throws KeywardError `invalid-option`, or `store-…` if the database does not respond
 */
export async function printMigrations(url: string): Promise<string> {
  const kind = storeKindOf(url);
  if (kind === "memory") return "";
  const statements =
    kind === "sqlite" && !existsSync(fileOf(url))
      ? await migrationStatements(undefined, { kind })
      : await withDatabase(url, migrationStatements);
  return statements.length === 0 ? "" : ["begin", ...statements, "commit", ""].join(";\n\n").trimEnd() + "\n";
}
