import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createKeyward, KeywardError, type KeywardOptions } from "@keyward/core";
import type { PeriodCount } from "@keyward/core/store";
import { openStore, postgresStore, type PostgresStoreOptions } from "@keyward/sql";
import { startPostgres, type PostgresServer } from "@keyward/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { holdLock } from "./hold-lock.ts";

const SECRET = "a secret for tests, and for nothing else";
const TIMEOUT_MS = 500;

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres({ max_connections: "30" });
});
afterAll(() => server.stop());

async function open(url: string, options: PostgresStoreOptions = {}, cache: KeywardOptions["cache"] = {}) {
  const failures: unknown[] = [];
  const store = await postgresStore({ url, timeoutMs: TIMEOUT_MS, ...options });
  const kw = createKeyward({
    secret: SECRET,
    store,
    cache,
    events: { "store.failed": ({ error }) => failures.push(error) },
  });
  const ask = async (key: string) => {
    const decision = await kw.admit({ header: () => key, secure: true, ip: "203.0.113.1" });
    return decision.admitted ? "admitted" : decision.problem.code;
  };
  return { kw, ask, store, failures };
}

async function expectCode(act: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(KeywardError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
}

type Cut = "before" | "after" | undefined;

/** A wire to the server that a test can cut: before or after what the client sends goes through. */
async function startWire(url: string, cutAt: (sent: string) => Cut) {
  const { port } = new URL(url);
  const wire = createServer((client) => {
    const upstream = connect(Number(port), "127.0.0.1");
    client.on("data", (chunk) => {
      const cut = cutAt(chunk.toString("latin1"));
      if (cut !== "before") upstream.write(chunk);
      if (cut !== undefined) client.destroy();
    });
    upstream.on("data", (chunk) => client.write(chunk));
    client.on("error", () => {}).on("close", () => upstream.end());
    upstream.on("error", () => {}).on("close", () => client.destroy());
  }).listen(0, "127.0.0.1");
  await once(wire, "listening");
  const wired = url.replace(port, String((wire.address() as AddressInfo).port));
  return { url: wired, stop: () => wire.close() };
}

/** A wire to the server whose listening connections can fall silent: they stay open, and nothing comes through. */
async function startSilentWire(url: string) {
  const { port } = new URL(url);
  const silenced = new Set<Socket>();
  const clients = new Set<Socket>();
  const listening = new Set<Socket>();
  const wire = createServer((client) => {
    const upstream = connect(Number(port), "127.0.0.1");
    clients.add(client);
    client.on("data", (chunk) => {
      if (chunk.includes("listen ")) listening.add(client);
      if (!silenced.has(client)) upstream.write(chunk);
    });
    upstream.on("data", (chunk) => silenced.has(client) || client.write(chunk));
    client.on("error", () => {}).on("close", () => upstream.destroy());
    upstream.on("error", () => {}).on("close", () => silenced.has(client) || client.destroy());
  }).listen(0, "127.0.0.1");
  await once(wire, "listening");
  return {
    url: url.replace(port, String((wire.address() as AddressInfo).port)),
    /** The number of connections that have started to listen. */
    listeners: () => listening.size,
    /** Silences the connections that listen now; new ones work. */
    silence: () => listening.forEach((client) => silenced.add(client)),
    stop: () => {
      clients.forEach((client) => client.destroy());
      wire.close();
    },
  };
}

const NOW = Date.UTC(2025, 5, 15, 12);

/** Usage of a day by a subject. */
function countOf(subject: string, used: number): PeriodCount {
  const startMs = Date.UTC(2025, 5, 15);
  return { subject, period: { quota: "daily", startMs, endMs: startMs + 86_400_000 }, used };
}

describe("a PostgreSQL server", () => {
  it("that is killed costs no cached key its requests, an unknown key a 503, and is found again", async () => {
    const { kw, ask, failures } = await open(await server.createDatabase());
    const [cached, fresh] = [await kw.keys.create({ name: "a" }), await kw.keys.create({ name: "b" })];
    expect(await ask(cached.secret.reveal())).toBe("admitted");
    await server.kill();
    try {
      expect(await ask(cached.secret.reveal())).toBe("admitted");
      expect(await ask(fresh.secret.reveal())).toBe("key-store-unavailable");
      expect(failures[0]).toMatchObject({ code: "store-unavailable" });
      expect(await kw.health()).toMatchObject({ status: "failing", store: "failing" });
      await expectCode(kw.keys.create({ name: "c" }), "store-unavailable", /did not respond/);
    } finally {
      await server.restart();
    }
    expect(await ask(fresh.secret.reveal())).toBe("admitted");
    expect((await kw.keys.list()).keys.map(({ name }) => name)).toEqual(["b", "a"]);
    await kw.close();
  });

  it("that was restarted between two requests costs neither", async () => {
    const { kw, ask } = await open(await server.createDatabase());
    const keys = await Promise.all(
      Array.from({ length: 8 }, (_, number) => kw.keys.create({ name: `key ${number}` })),
    );
    await server.kill();
    await server.restart();
    const codes = await Promise.all(keys.map(({ secret }) => ask(secret.reveal())));
    expect(codes).toEqual(Array.from(keys, () => "admitted"));
    expect(await kw.keys.create({ name: "another" })).toMatchObject({ key: { name: "another" } });
    await kw.close();
  });

  it("times out if it hangs, and no result goes to the wrong statement", async () => {
    const { kw, ask } = await open(await server.createDatabase(), { maxConnections: 2 });
    const keys = await Promise.all(["a", "b", "c"].map((name) => kw.keys.create({ name })));
    server.pause();
    const startedAt = performance.now();
    try {
      const codes = await Promise.all(keys.map(({ secret }) => ask(secret.reveal())));
      expect(codes).toEqual(Array.from(keys, () => "key-store-unavailable"));
      // For a connection, and for the result.
      expect(performance.now() - startedAt).toBeLessThan(2 * TIMEOUT_MS + 1000);
    } finally {
      server.resume();
    }
    for (const { key, secret } of keys) {
      expect(await ask(secret.reveal())).toBe("admitted");
      expect(await kw.keys.get(key.id)).toMatchObject({ name: key.name });
    }
    await kw.close();
  });

  it("refuses the next request with 503 in time when all connections are in use", async () => {
    const url = await server.createDatabase();
    const { kw, ask, store } = await open(url, { maxConnections: 1 });
    const { key, secret } = await kw.keys.create({ name: "a" });
    const { ended } = await holdLock(server, url, {
      take: "lock table keyward_secret",
      forSeconds: 4 * (TIMEOUT_MS / 1000),
    });
    // The first has the connection, the second gets it next, and the request waits behind both.
    const stuck = ["one", "two"].map(async (value) => store.addSecretCheck(value));
    const outcomes = Promise.allSettled(stuck);
    const startedAt = performance.now();
    expect(await ask(secret.reveal())).toBe("key-store-unavailable");
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS + 500);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "store-unavailable" } });
    }
    await ended;
    expect(await ask(secret.reveal())).toBe("admitted");
    expect(await kw.keys.get(key.id)).toMatchObject({ name: "a" });
    await kw.close();
  });

  it("that hangs delays a cached key whose record has expired by 100 ms, not by the time-out", async () => {
    const { kw, ask } = await open(await server.createDatabase(), { timeoutMs: 2000 }, { lifetimeMs: 0 });
    const { secret } = await kw.keys.create({ name: "a" });
    expect(await ask(secret.reveal())).toBe("admitted");
    server.pause();
    const startedAt = performance.now();
    try {
      expect(await ask(secret.reveal())).toBe("admitted");
      expect(performance.now() - startedAt).toBeLessThan(500);
    } finally {
      server.resume();
    }
    await kw.close();
  });

  it("applies a revocation within a second though its listening connection hangs", async () => {
    const url = await server.createDatabase();
    const wire = await startSilentWire(url);
    const near = await open(url);
    const far = await open(wire.url, {}, { lifetimeMs: 60_000 });
    await expect.poll(() => wire.listeners()).toBe(1);
    const { key, secret } = await near.kw.keys.create({ name: "a" });
    await expect.poll(() => far.ask(secret.reveal())).toBe("admitted");
    wire.silence();
    await near.kw.keys.revoke(key.id);
    const revokedAt = performance.now();
    await expect
      .poll(() => far.ask(secret.reveal()), { timeout: 5000, interval: 20 })
      .toBe("revoked-api-key");
    // A busy machine may look late.
    expect(performance.now() - revokedAt).toBeLessThan(1000 + 250);
    await Promise.all([near.kw.close(), far.kw.close()]);
    wire.stop();
  }, 20_000);

  it("reports that it accepts no more connections", async () => {
    const crowded = await startPostgres({ max_connections: "6", superuser_reserved_connections: "0" });
    try {
      const url = await crowded.createDatabase();
      const stores = [await postgresStore(url)];
      // A listener is a connection that stays.
      const stops = Array.from({ length: 6 }, () => stores[0]?.watch?.(() => {}));
      await sleep(500);
      const refused = postgresStore(url);
      await expect(refused).rejects.toThrow(/has no connection left/);
      for (const stop of stops) stop?.();
      await stores[0]?.close();
    } finally {
      await crowded.stop();
    }
  });

  it("that is set to serializable transactions undoes some, which are done again", async () => {
    const url = await server.createDatabase();
    await server.query(
      url,
      "do $$ begin execute format('alter database %I set default_transaction_isolation to serializable', current_database()); end $$",
    );
    const { kw } = await open(url, { maxConnections: 4 });
    const store = await postgresStore({ url, maxConnections: 4 });
    await Promise.all(Array.from({ length: 8 }, () => store.addCounts([countOf("a", 1)])));
    expect(await store.readCounts(["a"], NOW)).toEqual([countOf("a", 8)]);
    await Promise.all([kw.close(), store.close()]);
  });

  it("that finds a deadlock undoes one of the two, which is done again", async () => {
    const url = await server.createDatabase();
    const store = await postgresStore({ url, timeoutMs: 5000 });
    const add = (...subjects: string[]) => store.addCounts(subjects.map((subject) => countOf(subject, 1)));
    await add("a", "b");
    // Another program that locks in the other order: b, and then a, while Keyward holds a and wants b.
    const { ended } = await holdLock(server, url, {
      take: "update keyward_count set used = used where subject = 'b'",
      forSeconds: 0.5,
      next: "set deadlock_timeout = '10s'; update keyward_count set used = used where subject = 'a'",
    });
    await add("a", "b");
    await ended;
    expect((await store.readCounts(["a", "b"], NOW)).map(({ used }) => used)).toEqual([2, 2]);
    await store.close();
  });

  it.each(["before", "after"] as const)(
    "that goes away %s it has read a commit: performs the operation exactly once",
    async (when) => {
      let cuts = 0;
      let armed = false;
      const wire = await startWire(await server.createDatabase(), (sent) => {
        if (cuts === 2 || !armed || !sent.includes("commit")) return undefined;
        cuts += 1;
        return when;
      });
      const store = await postgresStore({ url: wire.url, maxConnections: 3 });
      armed = true;
      for (let times = 0; times < 5; times += 1) {
        await store.addCounts([countOf("a", 1)]);
      }
      expect(cuts).toBe(2);
      expect(await store.readCounts(["a"], NOW)).toEqual([countOf("a", 5)]);
      await store.close();
      wire.stop();
    },
  );
});

describe("postgresStore", () => {
  it("says what is wrong with where it is to connect, without the password", async () => {
    const { port } = server;
    for (const [url, code, message] of [
      [
        `postgres://keyward:hunter2@127.0.0.1:${port}/nowhere`,
        "store-unavailable",
        /127\.0\.0\.1:\d+\/nowhere refused the sign-in/,
      ],
      [
        `postgres://postgres:hunter2@127.0.0.1:${port}/nowhere`,
        "store-unavailable",
        /is not there: create the database/,
      ],
      [
        "postgres://keyward:hunter2@127.0.0.1:1/keyward",
        "store-unavailable",
        /did not respond: .*ECONNREFUSED/,
      ],
      ["postgres://keyward:hunter2@127.0.0.1", "invalid-option", /The PostgreSQL URL must be like/],
      ["mysql://keyward:hunter2@127.0.0.1/keyward", "invalid-option", /The PostgreSQL URL must be like/],
    ] as const) {
      const opened = url.startsWith("mysql") ? postgresStore(url) : openStore(url);
      await expect(opened).rejects.not.toThrow(/hunter2/);
      await expectCode(opened, code, message);
    }
    await expectCode(
      postgresStore({ url: "postgres://h/d", timeoutMs: 0 }),
      "invalid-option",
      /timeoutMs must be a whole number, at least 1; got 0/,
    );
  });

  it("keeps by itself what no code may undo: revocations and the audit trail", async () => {
    const url = await server.createDatabase();
    const { kw } = await open(url);
    const { key } = await kw.keys.create({ name: "a" });
    await kw.keys.revoke(key.id);
    await kw.close();
    for (const [act, refusal] of [
      ["update keyward_key set revoked_at = null", /stays revoked/],
      ["delete from keyward_audit", /append-only/],
      ["update keyward_audit set actor = 'nobody'", /append-only/],
      ["truncate keyward_audit", /append-only/],
    ] as const) {
      await expect(server.query(url, act)).rejects.toThrow(refusal);
    }
  });

  it("refuses a database that a newer release has migrated, and leaves it as it is", async () => {
    const url = await server.createDatabase();
    await (await postgresStore(url)).close();
    await server.query(url, "insert into keyward_migration values ('0099-from-the-future', '2099-01-01')");
    await expectCode(postgresStore(url), "store-schema-newer", /0099-from-the-future/);
    expect(await server.query(url, "select count(*) from keyward_migration")).toBe("2");
  });

  it("needs the right to create tables only before they exist, and reports if it is missing", async () => {
    const url = await server.createDatabase();
    await server.query(url, "create role app login");
    const asApp = url.replace("postgres@", "app@");
    await expectCode(postgresStore(asApp), "store-read-only", /for want of a privilege/);
    await (await postgresStore(url)).close();
    await server.query(url, "grant select, insert, update, delete on all tables in schema public to app");
    const { kw, ask } = await open(asApp);
    const { secret } = await kw.keys.create({ name: "a" });
    expect(await ask(secret.reveal())).toBe("admitted");
    await kw.close();
  });
});
