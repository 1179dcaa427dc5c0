import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Limiter, Limits } from "../../src/index.ts";
import { redisLimiter, type RedisLimiterOptions } from "../../src/redis/index.ts";
import { redisForTests } from "./server.ts";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };

const redis = redisForTests();
let limiter: Limiter;

beforeEach(async () => {
  await redis.client.flushall();
  limiter = await limiterWith({});
});
afterEach(() => limiter.close());

/** A limiter whose script Redis has, and that has heard Redis's clock. */
async function limiterWith(options: Partial<RedisLimiterOptions>): Promise<Limiter> {
  const made = redisLimiter({ client: redis.client, timeoutMs: 5000, onUnavailable: "refuse", ...options });
  await made.consume("first", LIMITS, 1);
  return made;
}

async function callsDuring(act: () => Promise<unknown>): Promise<number> {
  await redis.client.config("RESETSTAT");
  await act();
  const report = await redis.client.info("commandstats");
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(report)?.[1] ?? 0);
}

const ask = (subject: string, times: number, cost = 1) =>
  Promise.all(Array.from({ length: times }, async () => limiter.consume(subject, LIMITS, cost)));

describe("calls to Redis", () => {
  it("one for a decision", async () => {
    expect(await callsDuring(() => ask("a", 1))).toBe(1);
  });

  it("one for all requests of a subject that come together, each answered exactly", async () => {
    let results: Awaited<ReturnType<typeof ask>> = [];
    expect(await callsDuring(async () => (results = await ask("a", 700)))).toBe(1);
    expect(results.map(({ remaining }) => remaining.burst)).toEqual(
      Array.from({ length: 700 }, (_, index) => Math.max(0, 499 - index)),
    );
    expect(results.filter(({ allowed }) => allowed)).toHaveLength(500);
  });

  it("answers different costs that come together in their order", async () => {
    const costs = [300, 0, 300, 150, 50, 1, 501];
    const results = await Promise.all(costs.map(async (cost) => limiter.consume("a", LIMITS, cost)));
    expect(results.map(({ allowed }) => allowed)).toEqual([true, true, false, true, true, false, false]);
    expect(results.map(({ remaining }) => remaining.burst)).toEqual([200, 200, 200, 50, 0, 0, 0]);
    expect(results[6]?.retryAfterMs).toBe(Number.POSITIVE_INFINITY);
  });

  it("answers requests of cost 1 that come after costlier ones", async () => {
    const costs = [300, 2, 2, 1, 1, 1];
    const results = await Promise.all(costs.map(async (cost) => limiter.consume("a", LIMITS, cost)));
    expect(results.map(({ remaining }) => remaining.daily)).toEqual([1700, 1698, 1696, 1695, 1694, 1693]);
    expect((await limiter.peek("a", LIMITS)).remaining.daily).toBe(1693);
  });

  it("keeps requests under different limits apart", async () => {
    const [first, second] = await Promise.all([
      limiter.consume("a", LIMITS, 1),
      limiter.consume("a", { ...LIMITS, daily: 1 }, 1),
    ]);
    expect([first?.allowed, second?.allowed]).toEqual([true, false]);
  });

  it("one each where requests are not to travel together", async () => {
    await limiter.close();
    limiter = await limiterWith({ coalesce: false });
    expect(await callsDuring(() => ask("a", 20))).toBe(20);
  });

  it("about one a second for a client that hammers a spent day", async () => {
    const spent: Limits = { rate: 200, burst: 500, daily: 1 };
    await limiter.consume("a", spent, 1);
    let refused = 0;
    const calls = await callsDuring(async () => {
      const until = performance.now() + 2000;
      while (performance.now() < until) {
        const { allowed, retryAfterMs } = await limiter.consume("a", spent, 1);
        if (!allowed && retryAfterMs > 0) refused += 1;
        if (refused % 100 === 0) await sleep(1);
      }
    });
    expect(refused).toBeGreaterThan(10_000);
    expect(calls).toBeLessThanOrEqual(3);
  });

  it("a refusal that is remembered ends when the limit lets the request through", async () => {
    await ask("a", 500);
    const refused = await limiter.consume("a", LIMITS, 1);
    expect(refused.allowed).toBe(false);
    await sleep(refused.retryAfterMs);
    expect((await limiter.consume("a", LIMITS, 1)).allowed).toBe(true);
  });

  it("a remembered refusal does not stand in the way of raised limits", async () => {
    await ask("a", 500);
    expect((await limiter.consume("a", LIMITS, 1)).allowed).toBe(false);
    expect((await limiter.consume("a", { ...LIMITS, burst: 600 }, 1)).allowed).toBe(true);
  });
});

describe("calls that nobody waits for any more", () => {
  it("count nothing when they arrive after all", async () => {
    await limiter.close();
    limiter = await limiterWith({ timeoutMs: 50, onUnavailable: "admit" });
    await ask("a", 1);
    redis.server.pause();
    // Fewer than it takes for Redis to be given up: all of these are sent.
    await Promise.all(["a", "b", "c", "d"].map(async (subject) => limiter.consume(subject, LIMITS, 100)));
    await sleep(50);
    redis.server.resume();
    await sleep(300);
    expect((await limiter.peek("a", LIMITS)).remaining.daily).toBe(1999);
    expect((await limiter.peek("b", LIMITS)).remaining.daily).toBe(2000);
  });

  it("are not sent when a connection comes late", async () => {
    await limiter.close();
    redis.server.pause();
    limiter = redisLimiter({ client: redis.client, timeoutMs: 50, onUnavailable: "admit" });
    await ask("late", 3);
    await sleep(100);
    redis.server.resume();
    await expect.poll(async () => (await limiter.peek("late", LIMITS)).remaining.daily).toBe(2000);
    await ask("late", 1);
    await expect.poll(async () => (await limiter.peek("late", LIMITS)).remaining.daily).toBe(1999);
  });
});

describe("what was admitted while Redis was away", () => {
  it("is added to the day when it is back, and a spent day stays spent meanwhile", async () => {
    await limiter.close();
    limiter = await limiterWith({ timeoutMs: 100, onUnavailable: "local" });
    const paced: Limits = { rate: 1000, burst: 1000, daily: 1000 };
    await limiter.consume("a", paced, 900);
    redis.server.pause();
    const costs = [60, 60];
    const results = await Promise.all(costs.map(async (cost) => limiter.consume("a", paced, cost)));
    expect(results.map(({ allowed }) => allowed)).toEqual([true, false]);
    expect(results[1]?.violated).toContain("daily");
    // Others, until Redis is given up.
    for (const subject of ["b", "c", "d", "e", "f"]) await limiter.consume(subject, paced, 1);
    expect(limiter.status?.()).toBe("degraded");
    redis.server.resume();
    await expect.poll(() => limiter.status?.(), { timeout: 2000 }).toBe("ok");
    await expect.poll(async () => (await limiter.peek("a", paced)).remaining.daily).toBe(40);
    expect((await limiter.peek("b", paced)).remaining.daily).toBe(999);
  });
});
