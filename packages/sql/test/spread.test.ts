import { fork } from "node:child_process";
import { on, once } from "node:events";
import { fileURLToPath } from "node:url";
import { createKeyward } from "@keyward/core";
import { openStore } from "@keyward/sql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DATABASES, type TestDatabase } from "./databases.ts";

const SERVER = fileURLToPath(new URL("fixtures/asking-server.mjs", import.meta.url));
const PROCESSES = 4;

describe.each(Object.keys(DATABASES))("a revocation in one process on %s", (name) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await (DATABASES[name] as () => Promise<TestDatabase>)();
  });
  afterAll(() => database.stop());

  /** In how many milliseconds each of four other processes refused a key, counted from when its revocation was confirmed. */
  async function measure(lifetimeMs: number, listens: "yes" | "no", justBefore = async (_url: string) => {}) {
    const url = await database.create();
    const kw = createKeyward({
      secret: "a secret for tests, and for nothing else",
      store: await openStore(url),
    });
    const { key, secret } = await kw.keys.create({ name: "a" });
    const servers = Array.from({ length: PROCESSES }, () =>
      fork(SERVER, [url, secret.reveal(), String(lifetimeMs), listens]),
    );
    const exits = servers.map((server) => once(server, "exit"));
    const messages = servers.map((server) => on(server, "message", { close: ["exit"] }));
    const next = () =>
      Promise.all(messages.map(async (message) => (await message.next()).value?.[0] as unknown));
    await next();
    await justBefore(url);
    await kw.keys.revoke(key.id);
    const revokedAt = Number(process.hrtime.bigint() / 1_000_000n);
    const refusedAt = await next();
    await Promise.all(exits);
    await kw.close();
    return refusedAt.map((at) => (at as number) - revokedAt);
  }

  it("is known in four others within a second, though they hold the key for a minute", async () => {
    for (const ms of await measure(60_000, "yes")) expect(ms).toBeLessThan(1000);
  });

  it("is known in four others within the cache's lifetime if word of it is lost", async () => {
    for (const ms of await measure(2000, "no")) expect(ms).toBeLessThan(2000 + 250);
  });

  // SQLite has no such connections.
  if (name === "SQLite") return;
  it("is known in four others though the connections that listen were cut just then", async () => {
    const cut = "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'";
    const within = await measure(60_000, "yes", async (url) => {
      const ended = await database.query(url, `${cut} and datname = current_database()`);
      expect(ended.length).toBeGreaterThanOrEqual(PROCESSES);
    });
    for (const ms of within) expect(ms).toBeLessThan(1000);
  });
});
