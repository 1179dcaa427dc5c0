import { resolve } from "node:path";
import { Kysely } from "kysely";
import type { TableLocation } from "./table-location.ts";
import { resolvePostgresOptions } from "./postgres/options.ts";
import { kyselyOver, withConnections } from "./postgres/postgres-store.ts";
import type { Schema } from "./schema.ts";
import { SqliteConnection } from "./sqlite/connection.ts";
import { ThreadedSqliteDialect } from "./sqlite/dialect.ts";
import { explain } from "./sqlite/errors.ts";
import { pathOf, storeKindOf } from "./store-url.ts";

type Work<T> = (db: Kysely<Schema>, location: TableLocation) => Promise<T>;

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
  const connection = new SqliteConnection(file);
  try {
    return await work(new Kysely<Schema>({ dialect: new ThreadedSqliteDialect(connection) }), {
      kind: "sqlite",
    });
  } catch (error) {
    throw explain(error, file);
  } finally {
    await connection.close();
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
