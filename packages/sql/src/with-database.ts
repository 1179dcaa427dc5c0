import { resolve } from "node:path";
import { Kysely } from "kysely";
import type { MigrationTarget } from "./migrations/target.ts";
import { resolvePostgresOptions } from "./postgres/options.ts";
import { kyselyOver, withConnections } from "./postgres/postgres-store.ts";
import type { Schema } from "./schema.ts";
import { openDatabase, type Connection } from "./sqlite/database.ts";
import { SharedSqliteDialect } from "./sqlite/dialect.ts";
import { explain } from "./sqlite/errors.ts";
import { pathOf, storeKindOf } from "./store-url.ts";

type Work<T> = (db: Kysely<Schema>, target: MigrationTarget) => Promise<T>;

const TIMEOUT_MS = 5000;

/** The absolute path of the file in a setting `sqlite:<path>`. */
export function fileOf(url: string): string {
  return resolve(pathOf(url));
}

/** Opens the database of a durable store for some work, without creating or upgrading its tables. */
export function withDatabase<T>(url: string, work: Work<T>): Promise<T> {
  return storeKindOf(url) === "sqlite" ? withSqlite(fileOf(url), work) : withPostgres(url, work);
}

async function withSqlite<T>(file: string, work: Work<T>): Promise<T> {
  let connection: Connection | undefined;
  try {
    connection = await openDatabase(file);
    return await work(new Kysely<Schema>({ dialect: new SharedSqliteDialect(connection) }), {
      kind: "sqlite",
    });
  } catch (error) {
    throw explain(error, file);
  } finally {
    connection?.close();
  }
}

async function withPostgres<T>(url: string, work: Work<T>): Promise<T> {
  const options = resolvePostgresOptions({ url, maxConnections: 1, timeoutMs: TIMEOUT_MS });
  return withConnections(options, async (connections, { schema, timeoutMs }) => {
    const result = await work(kyselyOver(connections, timeoutMs), { kind: "postgres", schema });
    await connections.close();
    return result;
  });
}
