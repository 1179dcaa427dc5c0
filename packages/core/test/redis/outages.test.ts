import { setTimeout as sleep } from "node:timers/promises";
import { freePort, startRedis, type RedisServer } from "@keyward/test-servers";
import { describe, expect, it } from "vitest";
import type { Limiter, Limits } from "../../src/index.ts";
import { redisLimiter, type RedisLimiterOptions } from "../../src/redis/index.ts";
import { singleClients, type UserClient } from "./clients.ts";
import { longestWait, startLoad, type RunningLoad } from "./load.ts";

const PLENTY: Limits = { rate: 100_000, burst: 1_000_000, daily: 1_000_000_000 };
const TIMEOUT_MS = 100;
/** Allowance for a busy machine. */
const SLACK_MS = 50;
const PER_SECOND = 400;

interface Scene {
  readonly server: RedisServer;
  readonly limiter: Limiter;
  readonly load: RunningLoad;
}

/** One scene for each client. All at once where they spend their time waiting, and not at work. */
function forEachClient(
  name: string,
  play: (scene: Scene) => Promise<void>,
  { concurrent = true }: { concurrent?: boolean } = {},
): void {
  describe(name, () => {
    for (const [clientName, connect] of Object.entries(singleClients)) {
      it(clientName, { timeout: 40_000, concurrent }, async () => {
        const server = await startRedis();
        const user = await connect(server.url);
        const limiter = redisLimiter({ client: user.client, timeoutMs: TIMEOUT_MS, initialShare: 1 });
        let load: RunningLoad | undefined;
        try {
          await connected(server, limiter);
          load = startLoad(limiter, { perSecond: PER_SECOND, subjects: 20, limits: PLENTY });
          await sleep(500);
          expect(limiter.status?.()).toBe("ok");
          await play({ server, limiter, load });
        } finally {
          await load?.stop();
          await limiter.close();
          user.close();
          await server.stop();
        }
      });
    }
  });
}

/** Many connections at once can make the first one slow. That is not part of this test. */
async function connected(server: RedisServer, limiter: Limiter): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    await limiter.consume("first", PLENTY, 1);
    const counted = await server.command("EXISTS", "keyward:3:{first}");
    if (counted.includes(":1") && limiter.status?.() === "ok") return;
    await sleep(50);
  }
  throw new Error("No connection came to stand.");
}

/** No request failed, and none waited longer than the time-out. */
function expectServed(load: RunningLoad): void {
  const { answered } = load;
  expect(answered.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(answered.every(({ allowed }) => allowed)).toBe(true);
  expect(longestWait(load)).toBeLessThan(TIMEOUT_MS + SLACK_MS);
}

/** The breaker was seen to open once and to close, no later than a second after Redis was back. */
function expectRecovered({ changes }: RunningLoad, backAt: number): void {
  const statuses = changes
    .map(({ at, change }) => `${change.status} at ${(at - backAt).toFixed(0)} ms`)
    .join(", ");
  expect(
    changes.map(({ change }) => change.status),
    statuses,
  ).toEqual(["degraded", "ok"]);
  expect((changes[1]?.at ?? Number.POSITIVE_INFINITY) - backAt).toBeLessThan(1000);
}

forEachClient("Redis is killed under load and is back 3 s later", async ({ server, limiter, load }) => {
  await server.kill();
  await sleep(1000);
  expect(limiter.status?.()).toBe("degraded");
  await sleep(2000);
  await server.restart();
  const backAt = performance.now();
  await sleep(1200);
  await load.stop();
  expectServed(load);
  expectRecovered(load, backAt);
});

forEachClient("Redis hangs for 5 s", async ({ server, load }) => {
  server.pause();
  const from = performance.now();
  await sleep(5000);
  server.resume();
  const backAt = performance.now();
  await sleep(1200);
  await load.stop();
  expectServed(load);
  expectRecovered(load, backAt);
  // Only requests in the first moments are delayed.
  const paid = load.answered.filter(
    ({ startedAt, tookMs }) => startedAt >= from - 20 && tookMs > TIMEOUT_MS / 2,
  );
  expect(paid.length).toBeLessThanOrEqual((PER_SECOND * (TIMEOUT_MS + SLACK_MS)) / 1000);
  expect(paid.every(({ startedAt }) => startedAt < from + TIMEOUT_MS + SLACK_MS)).toBe(true);
});

forEachClient("Redis loses its scripts and its data under load", async ({ server, load }) => {
  for (let times = 0; times < 5; times += 1) {
    await server.command("SCRIPT", "FLUSH");
    await sleep(50);
    await server.command("FLUSHALL");
    await sleep(50);
  }
  await load.stop();
  expectServed(load);
  expect(load.changes).toEqual([]);
});

forEachClient("Redis cannot count: it is out of memory", async ({ server, limiter, load }) => {
  await server.command("CONFIG", "SET", "maxmemory", "1");
  await sleep(800);
  expect(limiter.status?.()).toBe("degraded");
  await server.command("CONFIG", "SET", "maxmemory", "0");
  const backAt = performance.now();
  await sleep(1000);
  await load.stop();
  expectServed(load);
  expectRecovered(load, backAt);
});

forEachClient(
  "Redis is busy with another client's script",
  async ({ server, limiter, load }) => {
    await server.command("CONFIG", "SET", "busy-reply-threshold", "50");
    void server.command("EVAL", "while true do end", "0").catch(() => {});
    await sleep(1000);
    expect(limiter.status?.()).toBe("degraded");
    await server.command("SCRIPT", "KILL");
    const backAt = performance.now();
    await sleep(1000);
    await load.stop();
    expectServed(load);
    expectRecovered(load, backAt);
  },
  { concurrent: false },
);

forEachClient(
  "Redis has become a replica",
  async ({ server, limiter, load }) => {
    await server.command("REPLICAOF", "127.0.0.1", String(await freePort()));
    await sleep(800);
    expect(limiter.status?.()).toBe("degraded");
    await server.command("REPLICAOF", "NO", "ONE");
    const backAt = performance.now();
    await sleep(1000);
    await load.stop();
    expectServed(load);
    expectRecovered(load, backAt);
  },
  { concurrent: false },
);

describe("treatment of requests in the meantime", () => {
  /** A limiter whose Redis was never there. */
  async function withoutRedis(
    options: Partial<RedisLimiterOptions>,
    body: (limiter: Limiter, user: UserClient) => Promise<void>,
  ): Promise<void> {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const user = await (singleClients["ioredis 6"] as (url: string) => Promise<UserClient>)(url);
    const limiter = redisLimiter({ client: user.client, timeoutMs: 50, ...options });
    try {
      await body(limiter, user);
    } finally {
      await limiter.close();
      user.close();
    }
  }
  const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };
  const ask = (limiter: Limiter, times: number) =>
    Promise.all(Array.from({ length: times }, async () => limiter.consume("a", LIMITS, 1)));

  it("local: this process keeps the limits", () =>
    withoutRedis({ initialShare: 1 }, async (limiter) => {
      const results = await ask(limiter, 600);
      expect(results.filter(({ allowed }) => allowed)).toHaveLength(500);
    }));

  it("local with a share: a part of them, and a cost above it may come again", () =>
    withoutRedis({ localShare: 0.25 }, async (limiter) => {
      const results = await ask(limiter, 600);
      expect(results.filter(({ allowed }) => allowed)).toHaveLength(125);
      const costly = await limiter.consume("b", LIMITS, 200);
      expect(costly).toMatchObject({ allowed: false, retryAfterMs: 1000 });
    }));

  it("local, by default: a process that has never reached Redis refuses, since it does not know its part", () =>
    withoutRedis({}, async (limiter) => {
      await expect(ask(limiter, 1)).rejects.toMatchObject({
        code: "limiter-unavailable",
        message: expect.stringMatching(/initialShare/),
      });
    }));

  it("admit: admits all requests", () =>
    withoutRedis({ onUnavailable: "admit" }, async (limiter) => {
      const results = await ask(limiter, 600);
      expect(results.every(({ allowed, remaining }) => allowed && remaining["burst"] === 500)).toBe(true);
    }));

  it("refuse: an error that names the cause", () =>
    withoutRedis({ onUnavailable: "refuse" }, async (limiter) => {
      await expect(limiter.consume("a", LIMITS, 1)).rejects.toMatchObject({ code: "limiter-unavailable" });
      await expect((async () => limiter.peek("a", LIMITS))()).rejects.toMatchObject({
        code: "limiter-unavailable",
      });
    }));
});
