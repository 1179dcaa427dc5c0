import { KeywardError } from "@keyward/core";
import { Migrator, type Kysely } from "kysely";
import type { Database } from "./migrations/database.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Schema } from "./schema.ts";

const TABLE = "keyward_migration";

/** The migrations that were run on a database, in their order; none if it is not Keyward's yet. Reads only. */
export async function executedMigrations(db: Kysely<Schema>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === TABLE)) return [];
  const executed = await db.selectFrom(TABLE).select("name").orderBy("name").execute();
  return executed.map(({ name }) => name);
}

/**
 * Refuses a database that a later release has migrated: this one does not know what it holds. Reads only.
 *
 * @throws KeywardError `store-schema-newer`
 */
export async function refuseNewerSchema(db: Kysely<Schema>, where: string): Promise<void> {
  const unknown = (await executedMigrations(db)).filter((name) => !(name in MIGRATIONS));
  if (unknown.length === 0) return;
  throw new KeywardError(
    "store-schema-newer",
    `${where} was migrated by a newer release of Keyward (${unknown.join(", ")}). Run that release, or restore a copy from before it. Nothing was changed.`,
  );
}

/**
 * Brings the database to the newest schema; does nothing if it is there. Of many that do this at the same time one
 * does it and the others wait.
 *
 * @param upTo the last migration to run; all if left out
 */
export async function migrate(db: Kysely<Schema>, database: Database, upTo?: string): Promise<void> {
  const migrations = Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, migration]) => [name, migration(database)]),
  );
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableName: TABLE,
    migrationLockTableName: "keyward_migration_lock",
  });
  const { error } = await (upTo === undefined ? migrator.migrateToLatest() : migrator.migrateTo(upTo));
  if (error !== undefined) throw error;
}
