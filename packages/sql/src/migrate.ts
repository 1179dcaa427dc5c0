import { KeywardError } from "@keyward/core";
import { CompiledQuery, sql, type Kysely, type RawBuilder } from "kysely";
import { MIGRATIONS } from "./migrations/index.ts";
import { qualify, type TableLocation } from "./table-location.ts";
import type { Schema } from "./schema.ts";

const TABLE = "keyward_migration";

/** Any number, the same in every release: processes that migrate one PostgreSQL database wait for each other on it. */
const LOCK = 7_267_393_104;

/** Migrations of a database, compared with those of this release. */
export interface MigrationState {
  /** Migrations that this release has and the database lacks. */
  readonly pending: readonly string[];
  /** Migrations of a newer release: this one refuses the database. */
  readonly unknown: readonly string[];
}

/** Compares a database with this release. Reads only. */
export async function readMigrationState(
  db: Kysely<Schema> | undefined,
  location: TableLocation,
): Promise<MigrationState> {
  const executed = await executedMigrations(db, location);
  return {
    pending: Object.keys(MIGRATIONS).filter((name) => !executed.includes(name)),
    unknown: executed.filter((name) => !(name in MIGRATIONS)),
  };
}

/**
 * Refuses a database that a newer release has migrated, and one that lacks migrations if those are not to be run now.
 * Reads only.
 *
 * @throws KeywardError `store-schema-newer` or `store-schema-older`
 */
export function checkMigrationState(state: MigrationState, where: string, mayMigrate: boolean): void {
  if (state.unknown.length > 0) {
    throw new KeywardError(
      "store-schema-newer",
      `${where} was migrated by a newer release of Keyward (${state.unknown.join(", ")}). Run that release, or restore a copy from before it. Nothing was changed.`,
    );
  }
  if (state.pending.length > 0 && !mayMigrate) {
    throw new KeywardError(
      "store-schema-older",
      `${where} lacks migrations of this release (${state.pending.join(", ")}). Run them first: keyward migrate. Nothing was changed.`,
    );
  }
}

/**
 * Migrates a database to the newest schema in one transaction. Returns the names of the migrations that it ran. Of
 * several processes that do this at the same time, one does it and the others wait.
 */
export async function migrate(db: Kysely<Schema>, location: TableLocation): Promise<readonly string[]> {
  return db.transaction().execute(async (trx) => {
    // A transaction in SQLite has the write lock from its first statement on.
    if (location.kind === "postgres") await sql`select pg_advisory_xact_lock(${LOCK})`.execute(trx);
    const { pending } = await readMigrationState(trx, location);
    for (const statement of await migrationStatements(trx, location)) {
      await trx.executeQuery(CompiledQuery.raw(statement));
    }
    return pending;
  });
}

/**
 * Returns the SQL that {@link migrate} would run now. Reads only.
 *
 * @param db the database; `undefined` if it does not exist yet
 */
export async function migrationStatements(
  db: Kysely<Schema> | undefined,
  location: TableLocation,
): Promise<readonly string[]> {
  const { pending } = await readMigrationState(db, location);
  if (pending.length === 0) return [];
  const statements: string[] = [];
  const table = qualify(location, TABLE);
  if (!(await hasTable(db, location))) {
    if (location.schema !== undefined && !(await hasSchema(db, location.schema)))
      statements.push(`create schema "${location.schema}"`);
    statements.push(
      `create table ${table} (name varchar(255) not null primary key, timestamp varchar(255) not null)`,
    );
  }
  for (const name of pending) {
    statements.push(
      ...(MIGRATIONS[name]?.(location) ?? []),
      `insert into ${table} (name, timestamp) values ('${name}', '${new Date().toISOString()}')`,
    );
  }
  return statements;
}

async function executedMigrations(
  db: Kysely<Schema> | undefined,
  location: TableLocation,
): Promise<string[]> {
  if (db === undefined || !(await hasTable(db, location))) return [];
  const table = location.schema === undefined ? sql.id(TABLE) : sql.id(location.schema, TABLE);
  const { rows } = await sql<{ name: string }>`select name from ${table} order by name`.execute(db);
  return rows.map(({ name }) => name);
}

async function hasTable(db: Kysely<Schema> | undefined, location: TableLocation): Promise<boolean> {
  if (db === undefined) return false;
  const { rows } =
    location.kind === "sqlite"
      ? await sql`select 1 from sqlite_master where type = 'table' and name = ${TABLE}`.execute(db)
      : await postgresTable(location.schema).execute(db);
  return rows.length > 0;
}

/**
 * Reads the catalog's table. A function such as `to_regclass` would read from a cache of the session, which may not yet
 * know what another process has just committed.
 */
function postgresTable(schema: string | undefined): RawBuilder<unknown> {
  const isInSchema =
    schema === undefined
      ? sql`pg_table_is_visible(c.oid)`
      : sql`c.relnamespace in (select oid from pg_namespace where nspname = ${schema})`;
  return sql`select 1 from pg_class c where c.relname = ${TABLE} and c.relkind = 'r' and ${isInSchema}`;
}

async function hasSchema(db: Kysely<Schema> | undefined, schema: string): Promise<boolean> {
  if (db === undefined) return false;
  const { rows } = await sql`select 1 from pg_namespace where nspname = ${schema}`.execute(db);
  return rows.length > 0;
}
