import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@keyward/test-servers";
import { SqliteConnection } from "../src/sqlite/connection.ts";

/** A database for tests with several processes, once for each kind. */
export interface TestDatabase {
  /** A new empty database, as `openStore` takes it. */
  create(): Promise<string>;
  /** Copies it while it is in use, by the database's own means, and returns the copy. */
  backUp(url: string): Promise<string>;
  /** Runs SQL behind Keyward's back; returns the first column of the rows, as text. */
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
        const database = new SqliteConnection(fileOf(url));
        await database.run(`vacuum into '${copy}'`);
        await database.close();
        return `sqlite:${copy}`;
      },
      async query(url, sql) {
        const database = new SqliteConnection(fileOf(url));
        const { rows } = await database.run(sql);
        await database.close();
        return rows.map((row) => String(Object.values(row)[0]));
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
      query: async (url, sql) => (await server.query(url, sql)).split("\n"),
      stop: () => server.stop(),
    };
  },
};
