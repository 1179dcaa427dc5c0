import { Kysely, sql } from "kysely";
import type { OwnedKeyRow, Schema } from "../schema.ts";
import { ownedKeySql } from "../select-keys.ts";
import type { Database } from "../sql-store.ts";
import type { TableLocation } from "../table-location.ts";
import { SqliteConnection } from "./connection.ts";
import { ThreadedSqliteDialect } from "./dialect.ts";
import { explain } from "./errors.ts";

const SQLITE: TableLocation = { kind: "sqlite" };
const FIND = { id: ownedKeySql(SQLITE, "id", "?"), digest: ownedKeySql(SQLITE, "digest", "?") };

/**
 * Access to a SQLite file over three connections. One writes, one looks up keys in batches, and one runs long queries. The third is opened on first use. In a write-ahead log readers do not wait for a writer.
 */
export function sqliteDatabase(file: string, writer: SqliteConnection, lookups: SqliteConnection): Database {
  const writing = new Kysely<Schema>({ dialect: new ThreadedSqliteDialect(writer) });
  let reader: SqliteConnection | undefined;
  let reading: Kysely<Schema> | undefined;

  function openReader(): Kysely<Schema> {
    if (reading !== undefined) return reading;
    reader = new SqliteConnection(file, ["pragma query_only = on"]);
    reading = new Kysely<Schema>({ dialect: new ThreadedSqliteDialect(reader) });
    return reading;
  }
  async function explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw explain(error, file);
    }
  }
  return {
    location: SQLITE,
    async findKey(column, value) {
      const { rows } = await explained(lookups.run(FIND[column], [value]));
      return (rows as readonly OwnedKeyRow[])[0];
    },
    read: (work) => explained(work(openReader())),
    write: (work) => explained(writing.transaction().execute(work)),
    async close() {
      await Promise.all([lookups.close(), reader?.close()]);
      // Leaves everything in the one file, so that it can be copied or moved. If another process is reading what would be
      // folded in, the last one to close does it.
      await sql`pragma wal_checkpoint(truncate)`.execute(writing).catch(() => {});
      await writer.close();
    },
  };
}
