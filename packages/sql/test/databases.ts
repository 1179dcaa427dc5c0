import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@keyward/test-servers";
import { Kysely, PostgresDialect } from "kysely";
import { createPool, loadDriver } from "../src/postgres/pool.ts";
import type { Schema } from "../src/schema.ts";
import { openDatabase } from "../src/sqlite/database.ts";
import { SharedSqliteDialect } from "../src/sqlite/dialect.ts";

/** What tests of several processes run on, once for each kind of database. */
export interface TestDatabase {
  /** An empty one of its own, as `openStore` takes it. */
  create(): Promise<string>;
  /** Copies it while it is in use, by the database's own means, and gives the copy. */
  backUp(url: string): Promise<string>;
  /** Connects past Keyward's stores. */
  connect(url: string): Promise<Kysely<Schema>>;
  /** Runs SQL behind Keyward's back; gives the first column of the rows, as text. */
  query(url: string, sql: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const fileOf = (url: string) => url.slice("sqlite:".length);

export const DATABASES: Readonly<Record<string, () => Promise<TestDatabase>>> = {
  async SQLite() {
    const folder = mkdtempSync(join(tmpdir(), "keyward-sqlite-"));
    let files = 0;
    const newFile = () => join(folder, `${(files += 1)}.db`);
    return {
      create: async () => `sqlite:${newFile()}`,
      async backUp(url) {
        const copy = newFile();
        const database = await openDatabase(fileOf(url));
        database.exec(`vacuum into '${copy}'`);
        database.close();
        return `sqlite:${copy}`;
      },
      connect: async (url) =>
        new Kysely({ dialect: new SharedSqliteDialect(await openDatabase(fileOf(url))) }),
      async query(url, sql) {
        const database = await openDatabase(fileOf(url));
        const statement = database.prepare(sql);
        const rows = statement.reader ? statement.all([]) : (statement.run([]), []);
        database.close();
        return rows.map((row) => String(Object.values(row as object)[0]));
      },
      stop: async () => rmSync(folder, { recursive: true }),
    };
  },

  async PostgreSQL() {
    const server = await startPostgres({ max_connections: "120" });
    return {
      create: () => server.createDatabase(),
      async backUp(url) {
        const copy = await server.createDatabase();
        await server.copy(url, copy);
        return copy;
      },
      async connect(url) {
        const pool = createPool(await loadDriver(), { url, timeoutMs: 0, maxConnections: 1 });
        return new Kysely({ dialect: new PostgresDialect({ pool }) });
      },
      query: async (url, sql) => (await server.query(url, sql)).split("\n"),
      stop: () => server.stop(),
    };
  },
};
