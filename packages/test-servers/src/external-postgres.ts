import { randomBytes } from "node:crypto";
import pg from "pg";
import type { PostgresServer } from "./postgres-server.ts";

function unsupported(): never {
  throw new Error("This test stops or configures PostgreSQL. It needs PostgreSQL to be installed.");
}

/** Runs SQL, and formats rows as psql does: lines, with columns separated by `|`. */
async function query(url: string, sql: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const results = [await client.query({ text: sql, rowMode: "array" })].flat();
    const rows = results.flatMap(({ rows: each }) => each as unknown[][]);
    return rows.map((row) => row.map((value) => (value === null ? "" : String(value))).join("|")).join("\n");
  } finally {
    await client.end();
  }
}

/** A PostgreSQL that the tests did not start. Each test gets new databases, which are dropped afterwards. */
export function claimPostgres(url: string): PostgresServer {
  const made: string[] = [];
  const urlOf = (database: string) => Object.assign(new URL(url), { pathname: `/${database}` }).href;
  async function create(from = ""): Promise<string> {
    const name = `keyward_test_${randomBytes(6).toString("hex")}`;
    await query(url, `create database ${name} ${from}`);
    made.push(name);
    return urlOf(name);
  }
  return {
    port: Number(new URL(url).port === "" ? 5432 : new URL(url).port),
    createDatabase: () => create(),
    query,
    async copy(from, to) {
      const [source, target] = [from, to].map((each) => new URL(each).pathname.slice(1));
      await query(url, `drop database ${target}`);
      await query(url, `create database ${target} template ${source}`);
    },
    kill: unsupported,
    restart: unsupported,
    pause: unsupported,
    resume: unsupported,
    async stop() {
      for (const name of made) await query(url, `drop database if exists ${name} with (force)`);
    },
  };
}
