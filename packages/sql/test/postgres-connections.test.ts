import { randomUUID } from "node:crypto";
import { createKeyward, type Store } from "@keyward/core";
import {
  inspectStore,
  migrateStore,
  openStore,
  postgresStore,
  printMigrations,
  type PostgresStoreOptions,
} from "@keyward/sql";
import { startPgbouncer, startPostgres, type PostgresServer } from "@keyward/test-servers";
import { testKeyStore } from "@keyward/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { holdLock } from "./hold-lock.ts";

const SECRET = "a secret for tests, and for nothing else";
const SOCKETS = "/tmp";

let server: PostgresServer;
/** One database and one pool for all cases of the suite for stores: each case has a schema. */
let shared: pg.Pool | undefined;
let cases = 0;
beforeAll(async () => {
  server = await startPostgres({ unix_socket_directories: SOCKETS });
});
afterAll(async () => {
  await shared?.end();
  await server.stop();
});

/** Does with a store what an application does. */
async function use(store: Store): Promise<void> {
  const kw = createKeyward({ secret: SECRET, store });
  const ownerId = randomUUID();
  const { key, secret } = await kw.keys.create({ name: "a", ownerId });
  const ask = async () =>
    (await kw.admit({ header: () => secret.reveal(), secure: true, ip: "203.0.113.1" })).admitted;
  expect(await ask()).toBe(true);
  await kw.flush();
  const hours = { ownerId, from: new Date(0), to: new Date(), per: "hour" } as const;
  expect(await kw.usage.query(hours)).toMatchObject([{ admitted: 1 }]);
  await kw.keys.revoke(key.id);
  expect(await ask()).toBe(false);
  await kw.close();
}

function poolOf(options: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(options);
  onTestFinished(() => pool.end());
  return pool;
}

const nameOf = (url: string) => new URL(url).pathname.slice(1);

describe("postgresStore connects", () => {
  it("over a socket, with the host of the URL empty", async () => {
    const url = await server.createDatabase();
    const query = `host=${SOCKETS}&port=${server.port}`;
    await use(await openStore(`postgresql://postgres:hunter2@/${nameOf(url)}?${query}`));
    await use(await openStore(`postgresql:///${nameOf(url)}?user=postgres&${query}`));
    expect(await server.query(url, "select count(*) from keyward_key")).toBe("2");
  });

  it("with the application's pool, whose password is a function, and leaves the pool open", async () => {
    const url = await server.createDatabase();
    let passwords = 0;
    await server.query(url, "create role app login superuser password 'token 1'");
    const pool = poolOf({
      host: "127.0.0.1",
      port: server.port,
      user: "app",
      database: nameOf(url),
      password: async () => `token ${(passwords += 1)}`,
    });
    await use(await postgresStore({ pool }));
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    // Keyward reads `bigint` as numbers; the application's own queries are as they were.
    expect((await pool.query("select 1::bigint as one")).rows).toEqual([{ one: "1" }]);
  });

  it("through PgBouncer in transaction mode, which refuses parameters that servers accept", async () => {
    const bouncer = await startPgbouncer(server.port);
    onTestFinished(() => bouncer.stop());
    const url = await server.createDatabase();
    await use(await openStore(bouncer.through(url)));
    const store = await postgresStore({ url: bouncer.through(url), timeoutMs: 300 });
    const record = await store.list({}, { order: "newest", limit: 1 });
    // The time limit holds there too, for each transaction.
    const { ended } = await holdLock(server, url, { take: "lock table keyward_audit", forSeconds: 1 });
    await expect(
      (async () => store.listAudit({ keyId: record[0]?.id as string }, { limit: 1 }))(),
    ).rejects.toThrow(/took too long/);
    await ended;
    await store.close();
  });

  it("with one pooled connection that others use too", async () => {
    const url = await server.createDatabase();
    const pool = poolOf({ connectionString: url, max: 1 });
    const store = await postgresStore({ pool, timeoutMs: 1000 });
    const client = await pool.connect();
    await expect((async () => store.find("key_1"))()).rejects.toThrow(
      /timeout exceeded when trying to connect/,
    );
    client.release();
    expect(await store.find("key_1")).toBeUndefined();
    await store.close();
  });
});

describe("postgresStore with a schema", () => {
  it("creates its tables there and nothing elsewhere", async () => {
    const url = await server.createDatabase();
    await use(await postgresStore({ url, schema: "keyward" }));
    const schemas =
      "select distinct table_schema from information_schema.tables where table_name like 'keyward%'";
    expect(await server.query(url, schemas)).toBe("keyward");
    const others = "select count(*) from pg_proc where pronamespace = 'public'::regnamespace";
    expect(await server.query(url, others)).toBe("0");
    // The same by the URL, and beside a store in the default schema.
    const store = await openStore(`${url}?schema=keyward`);
    expect(await store.list({}, { order: "newest", limit: 9 })).toHaveLength(1);
    await store.close();
    await use(await openStore(url));
    expect(await inspectStore(`${url}?schema=keyward`)).toMatchObject({ pending: [] });
  });
});

testKeyStore(
  { describe, it },
  {
    name: "PostgreSQL, in a separate schema, with the pool of the application,",
    async create() {
      shared ??= new pg.Pool({ connectionString: await server.createDatabase() });
      const options: PostgresStoreOptions = { pool: shared, schema: `case_${(cases += 1)}` };
      return { store: await postgresStore(options), reopen: () => postgresStore(options) };
    },
  },
);

describe("postgresStore with migrate: false", () => {
  it("refuses tables that are missing, changes nothing, and opens once they are migrated", async () => {
    const url = await server.createDatabase();
    await expect(openStore(url, { migrate: false })).rejects.toMatchObject({
      code: "store-schema-older",
      message: expect.stringMatching(/lacks migrations of this release \(0001-tables\).*keyward migrate/),
    });
    expect((await inspectStore(url)).pending).toEqual(["0001-tables"]);
    expect(await migrateStore(url)).toEqual(["0001-tables"]);
    expect(await migrateStore(url)).toEqual([]);
    await use(await openStore(url, { migrate: false }));
  });

  it("opens for a role that may only read and write rows, once the printed SQL was run by another", async () => {
    const url = `${await server.createDatabase()}?schema=keys`;
    const [database] = url.split("?");
    const printed = await printMigrations(url);
    expect((await inspectStore(url)).pending).toEqual(["0001-tables"]);
    await server.query(database as string, printed);
    await server.query(
      database as string,
      `create role rows login; grant usage on schema keys to rows;
       grant select, insert, update, delete on all tables in schema keys to rows`,
    );
    expect(await printMigrations(url)).toBe("");
    await use(await openStore(url.replace("postgres@", "rows@"), { migrate: false }));
  });
});

describe("postgresStore options", () => {
  it.each([
    [{}, /needs either url or pool/],
    [{ url: "postgres://a/b", pool: {} }, /needs either url or pool/],
    [{ pool: "postgres://a:hunter2@b/c" }, /pool must be a Pool of the package pg; got string/],
    [{ pool: { connect() {} }, maxConnections: 3 }, /maxConnections applies only with url/],
    [{ pool: { connect() {}, options: {} } }, /pool must be a Pool of the package pg/],
    [{ url: "postgres://a/b", schema: 'x"y' }, /schema must be a name of letters/],
    [{ url: "postgres://a/b", migrate: 1 }, /migrate must be true or false; got 1/],
    [{ url: "postgres://a/b", poolSize: 1 }, /has no option "poolSize"; it has url, pool/],
    [undefined, /options must be a URL or an object/],
  ])("%o are rejected with what they must be", async (options, message) => {
    await expect(postgresStore(options as never)).rejects.toThrow(message);
    await expect(postgresStore(options as never)).rejects.not.toThrow(/hunter2/);
  });
});
