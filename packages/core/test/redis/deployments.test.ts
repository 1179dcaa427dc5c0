import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp, createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, startRedis, type RedisServer } from "@keyward/test-servers";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { generate } from "selfsigned";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Limits } from "../../src/index.ts";
import { redisLimiter, type RedisClient } from "../../src/redis/index.ts";
import { singleClients } from "./clients.ts";
import { startLoad } from "./load.ts";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };
const PLENTY = { rate: 100_000, burst: 1_000_000, daily: 1_000_000_000 } satisfies Limits;

/** Resources that a test opened. They are closed in reverse order. */
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

async function redis(options?: Record<string, string>): Promise<RedisServer> {
  const server = await startRedis(options);
  opened.push(() => server.stop());
  return server;
}

function limiterOf(client: RedisClient, options: object = {}) {
  const limiter = redisLimiter({ client, ...options });
  opened.push(() => limiter.close());
  return limiter;
}

function ioredis(options: { port: number; password?: string; tls?: object }): Redis {
  const client = new Redis({ host: "127.0.0.1", ...options });
  client.on("error", () => {});
  opened.push(() => client.disconnect());
  return client;
}

/** Forwards to a port that can be changed: where a name leads after a failover. */
async function forwarder(): Promise<{ server: Server; port: number; to: number }> {
  const state = { server: createServer(), port: 0, to: 0 };
  state.server.on("connection", (socket) => {
    const target = connectTcp(state.to, "127.0.0.1");
    for (const [from, into] of [
      [socket, target],
      [target, socket],
    ] as const) {
      from.pipe(into);
      from.on("error", () => into.destroy());
      from.on("close", () => into.destroy());
    }
  });
  state.server.listen(0, "127.0.0.1");
  await once(state.server, "listening");
  state.port = (state.server.address() as AddressInfo).port;
  opened.push(() => state.server.close());
  return state;
}

/** By how many bytes a replica lags behind its primary. */
async function bytesBehind(primary: RedisServer, replica: RedisServer): Promise<number> {
  const written = /^master_repl_offset:(\d+)/m.exec(await primary.command("INFO", "replication"))?.[1];
  const read = /^slave_repl_offset:(\d+)/m.exec(await replica.command("INFO", "replication"))?.[1];
  return Number(written) - Number(read ?? Number.NEGATIVE_INFINITY);
}

describe("a failover", () => {
  for (const [name, connect] of Object.entries(singleClients)) {
    it(
      `finds the new primary when the old one turns read-only, with ${name}`,
      { timeout: 20_000 },
      async () => {
        const old = await redis();
        const promoted = await redis();
        await promoted.command("REPLICAOF", "127.0.0.1", String(old.port));
        const address = await forwarder();
        address.to = old.port;
        const user = await connect(`redis://127.0.0.1:${address.port}`);
        opened.push(() => user.close());
        const limiter = limiterOf(user.client, { timeoutMs: 100, initialShare: 1 });
        const load = startLoad(limiter, { perSecond: 200, subjects: 5, limits: PLENTY });
        // A new replica receives its first writes up to a second after it reports that it is connected.
        await expect.poll(() => bytesBehind(old, promoted), { timeout: 5000 }).toBeLessThan(1000);
        await sleep(500);
        await expect.poll(() => bytesBehind(old, promoted), { timeout: 5000 }).toBeLessThan(1000);

        await promoted.command("REPLICAOF", "NO", "ONE");
        address.to = promoted.port;
        await old.command("REPLICAOF", "127.0.0.1", String(promoted.port));
        await sleep(1500);
        await load.stop();

        expect(load.answered.filter(({ error, allowed }) => error !== undefined || !allowed)).toEqual([]);
        expect(limiter.status?.()).toBe("ok");
        // The counts went along, and what was admitted in between was added. Writes that the old primary had not replicated before the promotion are lost: Redis replicates without waiting.
        const asked = load.answered.filter(({ subject }) => subject === "subject 0").length;
        const used = async () =>
          PLENTY.daily - ((await limiter.peek("subject 0", PLENTY)).remaining["daily"] ?? 0);
        await expect.poll(used, { timeout: 3000 }).toBeGreaterThanOrEqual(asked - 10);
        expect(await used()).toBeLessThanOrEqual(asked);
        expect(await promoted.command("EXISTS", "keyward:3:{subject 0}")).toContain(":1");
      },
    );
  }
});

describe("connections", () => {
  it("over TLS", async () => {
    const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
      keyType: "ec",
      algorithm: "sha256",
    });
    const folder = mkdtempSync(join(tmpdir(), "keyward-tls-"));
    opened.push(() => rmSync(folder, { recursive: true }));
    const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
    const tlsPort = await freePort();
    await redis({
      "tls-port": String(tlsPort),
      "tls-cert-file": certFile,
      "tls-key-file": keyFile,
      "tls-ca-cert-file": certFile,
      "tls-auth-clients": "no",
    });
    const trusted = { ca: cert, servername: "localhost", checkServerIdentity: () => undefined };
    const nodeRedis = createClient({
      socket: { host: "127.0.0.1", port: tlsPort, tls: true, ...trusted },
    });
    nodeRedis.on("error", () => {});
    for (const client of [ioredis({ port: tlsPort, tls: trusted }), nodeRedis]) {
      const limiter = limiterOf(client, { timeoutMs: 3000, onUnavailable: "refuse" });
      expect((await limiter.consume("a", LIMITS, 1)).allowed).toBe(true);
    }
  });

  it("with the wrong password: enforces the limits locally and reports the failure", async () => {
    const server = await redis({ requirepass: "right" });
    const right = limiterOf(ioredis({ port: server.port, password: "right" }), { onUnavailable: "refuse" });
    expect((await right.consume("a", LIMITS, 1)).remaining["daily"]).toBe(1999);

    const nodeRedis = createClient({ url: server.url, password: "wrong" });
    nodeRedis.on("error", () => {});
    for (const client of [ioredis({ port: server.port, password: "wrong" }), nodeRedis]) {
      const limiter = limiterOf(client, { timeoutMs: 100, initialShare: 1 });
      const statuses: unknown[] = [];
      limiter.onStatus?.((change) => statuses.push(change.status));
      const results = await Promise.all(
        Array.from({ length: 600 }, async (_, index) => limiter.consume(`${index % 6}`, LIMITS, 5)),
      );
      expect(results.every(({ allowed }) => allowed)).toBe(true);
      expect(statuses).toEqual(["degraded"]);
    }
  });

  it("that come late are used as soon as they stand", { timeout: 10_000 }, async () => {
    const port = await freePort(55_000);
    const limiter = limiterOf(ioredis({ port }), { timeoutMs: 100, initialShare: 1 });
    for (let times = 0; times < 6; times += 1) await limiter.consume(`subject ${times}`, LIMITS, 1);
    expect(limiter.status?.()).toBe("degraded");
    await redis({ port: String(port) });
    await expect.poll(() => limiter.status?.(), { timeout: 1500 }).toBe("ok");
  });
});

describe("a Redis that may drop counters", () => {
  it.each(["allkeys-lru", "volatile-ttl"])("is warned of at start: %s", async (policy) => {
    const server = await redis({ "maxmemory-policy": policy });
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    opened.push(() => warn.mockRestore());
    limiterOf(ioredis({ port: server.port }));
    await expect.poll(() => warn.mock.calls.length).toBe(1);
    expect(warn.mock.calls[0]?.[0]).toContain(policy);
    expect(warn.mock.calls[0]?.[1]).toMatchObject({ code: "KEYWARD_REDIS_EVICTION" });
  });

  it("is not warned of where there is nothing to warn of", async () => {
    const server = await redis();
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    opened.push(() => warn.mockRestore());
    const limiter = limiterOf(ioredis({ port: server.port }), { timeoutMs: 2000 });
    await limiter.consume("a", LIMITS, 1);
    await sleep(100);
    expect(warn).not.toHaveBeenCalled();
  });
});

describe("options", () => {
  const client = { evalsha() {}, duplicate() {} };
  it.each([
    [{ client: {} }, /redisLimiter client must be a client of ioredis .*; got an object/],
    [{ client: null }, /redisLimiter client must be .*; got null/],
    [{ client, prefix: "a{b}" }, /redisLimiter prefix must be a string without .*; got "a\{b\}"/],
    [{ client, onUnavailable: "open" }, /redisLimiter onUnavailable must be "local", .*; got "open"/],
    [{ client, localShare: 0 }, /redisLimiter localShare must be .*; got 0/],
    [{ client, timeoutMs: 0.5 }, /redisLimiter timeoutMs must be .*; got 0.5/],
    [{ client, coalesce: 1 }, /redisLimiter coalesce must be .*; got 1/],
    [{ client, clock: 1 }, /redisLimiter clock must be .*; got 1/],
    [{ client, timeout: 1 }, /redisLimiter has no option "timeout"; its options are client, prefix/],
    [null, /the argument of redisLimiter must be an object of options; got null/],
  ])("%o is refused with what is wanted", (options, message) => {
    expect(() => redisLimiter(options as never)).toThrow(message);
  });
});
