import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Limiter, Limits } from "../../src/index.ts";
import type { Charge, LimitResult } from "../../src/limits/limiter.ts";
import { redisLimiter, type RedisLimiterOptions } from "../../src/redis/index.ts";
import { redisForTests } from "./server.ts";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };
const OWNER: Limits = { rate: 1000, monthly: 100_000, timeZone: "Europe/Berlin" };
const SEARCH: Limits = { rate: 5, per: "minute" };

const redis = redisForTests();
let limiter: Limiter;

beforeEach(async () => {
  await redis.client.flushall();
  limiter = await limiterWith({});
});
afterEach(() => limiter.close());

/** A limiter that has received Redis's clock, and whose script Redis has. */
async function limiterWith(options: Partial<RedisLimiterOptions>): Promise<Limiter> {
  const created = redisLimiter({
    client: redis.client,
    timeoutMs: 5000,
    onUnavailable: "refuse",
    ...options,
  });
  await created.consume("first", LIMITS, 1);
  return created;
}

async function callsDuring(act: () => Promise<unknown>): Promise<number> {
  await redis.client.config("RESETSTAT");
  await act();
  const report = await redis.client.info("commandstats");
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(report)?.[1] ?? 0);
}

const consume = (subject: string, times: number, cost = 1) =>
  Promise.all(Array.from({ length: times }, async () => limiter.consume(subject, LIMITS, cost)));

const consumeAll = async (...charges: readonly Charge[]) => {
  const result = await limiter.consumeAll?.(charges);
  if (result === undefined) throw new Error("The limiter has no consumeAll.");
  return result;
};

const line = (id: string, cost = 1): Charge => ({ subject: `o:acme|k:${id}`, limits: LIMITS, cost });
const owner = (cost = 1): Charge => ({ subject: "o:acme", limits: OWNER, cost, name: "owner" });
const search = (cost = 1): Charge => ({ subject: "o:acme|b:search", limits: SEARCH, cost, name: "search" });

const dailyOf = async (subject: string) => (await limiter.peek(subject, LIMITS)).remaining["daily"];

describe("calls to Redis", () => {
  it("sends one call per decision", async () => {
    expect(await callsDuring(() => consume("a", 1))).toBe(1);
  });

  it("sends one call per decision about several subjects", async () => {
    expect(await callsDuring(() => consumeAll(line("1"), owner(), search()))).toBe(1);
  });

  it("sends concurrent requests of a subject in one call, with an exact result for each", async () => {
    let results: LimitResult[] = [];
    expect(await callsDuring(async () => (results = await consume("a", 700)))).toBe(1);
    expect(results.map(({ remaining }) => remaining["burst"])).toEqual(
      Array.from({ length: 700 }, (_, index) => Math.max(0, 499 - index)),
    );
    expect(results.filter(({ allowed }) => allowed)).toHaveLength(500);
  });

  it("decides concurrent requests of different costs in order", async () => {
    const costs = [300, 0, 300, 150, 50, 1, 501];
    const results = await Promise.all(costs.map(async (cost) => limiter.consume("a", LIMITS, cost)));
    expect(results.map(({ allowed }) => allowed)).toEqual([true, true, false, true, true, false, false]);
    expect(results.map(({ remaining }) => remaining["burst"])).toEqual([200, 200, 200, 50, 0, 0, 0]);
    expect(results[6]?.retryAfterMs).toBe(Infinity);
  });

  it("decides requests of cost 1 after more expensive ones", async () => {
    const costs = [300, 2, 2, 1, 1, 1];
    const results = await Promise.all(costs.map(async (cost) => limiter.consume("a", LIMITS, cost)));
    expect(results.map(({ remaining }) => remaining["daily"])).toEqual([1700, 1698, 1696, 1695, 1694, 1693]);
    expect(await dailyOf("a")).toBe(1693);
  });

  it("sends concurrent requests of one hash tag in one call, whichever subjects they charge", async () => {
    const requests = () =>
      Promise.all([
        consumeAll(line("1", 2), owner(3), search()),
        limiter.consume("o:acme|k:2", LIMITS, 5),
        consumeAll(line("2"), owner()),
        consumeAll(line("2"), owner()),
        consumeAll(search(2), owner(400), line("1", 7)),
        consumeAll(line("1", 495)),
        consumeAll(line("3", 0), owner(596)),
        consumeAll(owner(595), line("1", 3)),
      ]);
    let results: Awaited<ReturnType<typeof requests>> | undefined;
    expect(await callsDuring(async () => (results = await requests()))).toBe(1);
    expect(results?.map(({ allowed }) => allowed)).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      true,
    ]);
    expect(results?.[4].results.map(({ remaining }) => remaining)).toEqual([
      { "search-sustained": 2, "search-burst": 2 },
      { "owner-sustained": 595, "owner-burst": 595, "owner-monthly": 99_595 },
      { sustained: 200, burst: 491, daily: 1991 },
    ]);
    expect(results?.[5].violated).toEqual(["sustained", "burst"]);
    expect(results?.[6].violated).toEqual(["owner-sustained", "owner-burst"]);
    expect(await Promise.all(["o:acme|k:1", "o:acme|k:2", "o:acme|k:3"].map(dailyOf))).toEqual([
      1988, 1993, 2000,
    ]);
    expect((await limiter.peek("o:acme", OWNER)).remaining["monthly"]).toBe(99_000);
  });

  it("splits more subjects of one hash tag than one call takes", async () => {
    const ids = Array.from({ length: 150 }, (_, index) => String(index));
    expect(
      await callsDuring(() => Promise.all(ids.map((id) => consumeAll(line(id), owner())))),
    ).toBeLessThanOrEqual(3);
    expect((await limiter.peek("o:acme", OWNER)).remaining["monthly"]).toBe(99_850);
  });

  it("decides concurrent requests under different limits separately", async () => {
    const [first, second] = await Promise.all([
      limiter.consume("a", LIMITS, 1),
      limiter.consume("a", { ...LIMITS, daily: 1 }, 1),
    ]);
    expect([first?.allowed, second?.allowed]).toEqual([true, false]);
  });

  it("sends one call per request with coalesce: false", async () => {
    await limiter.close();
    limiter = await limiterWith({ coalesce: false });
    expect(await callsDuring(() => consume("a", 20))).toBe(20);
  });

  it("sends concurrent corrections of one hash tag in one call", async () => {
    const charged = await Promise.all(["1", "2", "3"].map((id) => consumeAll(line(id, 10), owner(10))));
    const corrections = charged.flatMap(({ results: [ofLine, ofOwner] }, index) => [
      { subject: `o:acme|k:${index + 1}`, limits: LIMITS, cost: -4, charged: ofLine },
      { subject: "o:acme", limits: OWNER, cost: -4, charged: ofOwner },
    ]);
    expect(
      await callsDuring(() => Promise.all(corrections.map(async (each) => limiter.correct?.([each])))),
    ).toBe(1);
    expect((await limiter.peek("o:acme", OWNER)).remaining["monthly"]).toBe(99_982);
    expect(await dailyOf("o:acme|k:3")).toBe(1994);
  });

  it("rejects a decision about subjects with different hash tags", () => {
    expect(() => limiter.consumeAll?.([line("1"), { ...owner(), subject: "o:other" }])).toThrow(
      'All subjects of a decision must have the same hash tag, which is the part before the first "|"; got "o:acme|k:1" and "o:other".',
    );
  });
});

describe("remembered refusals", () => {
  /** Sends requests for two seconds, and counts the refusals. */
  async function refusalsIn2Seconds(request: () => Promise<{ allowed: boolean; retryAfterMs: number }>) {
    let refused = 0;
    const until = performance.now() + 2000;
    while (performance.now() < until) {
      const { allowed, retryAfterMs } = await request();
      if (!allowed && retryAfterMs > 0) refused += 1;
      if (refused % 100 === 0) await sleep(1);
    }
    return refused;
  }

  it("cost Redis about one call per second for a client that sends requests after its quota is used", async () => {
    const used: Limits = { rate: 200, burst: 500, daily: 1 };
    await limiter.consume("a", used, 1);
    let refused = 0;
    const calls = await callsDuring(async () => {
      refused = await refusalsIn2Seconds(async () => limiter.consume("a", used, 1));
    });
    expect(refused).toBeGreaterThan(10_000);
    expect(calls).toBeLessThanOrEqual(3);
  });

  it("cost about one call per second for decisions about several subjects", async () => {
    const request = () => consumeAll(line("1"), { ...owner(), limits: { monthly: 1 } });
    await request();
    let refused = 0;
    const calls = await callsDuring(async () => {
      refused = await refusalsIn2Seconds(request);
    });
    expect(refused).toBeGreaterThan(5000);
    expect(calls).toBeLessThanOrEqual(3);
    expect(await dailyOf("o:acme|k:1")).toBe(1999);
  });

  it("do not refuse another key of an owner whose first key is at its limit", async () => {
    await consumeAll(line("1", 500), owner());
    expect((await consumeAll(line("1"), owner())).allowed).toBe(false);
    expect((await consumeAll(line("2"), owner())).allowed).toBe(true);
    const again = await consumeAll(line("1"), owner());
    expect([again.allowed, again.results[1]?.remaining["owner-monthly"]]).toEqual([false, 99_998]);
  });

  it("end when the limit admits the request", async () => {
    await consume("a", 500);
    const refused = await limiter.consume("a", LIMITS, 1);
    expect(refused.allowed).toBe(false);
    await sleep(refused.retryAfterMs);
    expect((await limiter.consume("a", LIMITS, 1)).allowed).toBe(true);
  });

  it("do not apply to raised limits", async () => {
    await consume("a", 500);
    expect((await limiter.consume("a", LIMITS, 1)).allowed).toBe(false);
    expect((await limiter.consume("a", { ...LIMITS, burst: 600 }, 1)).allowed).toBe(true);
  });

  it("end with a refund and with a reset", async () => {
    const used: Limits = { daily: 10 };
    const charged = await limiter.consume("a", used, 10);
    expect((await limiter.consume("a", used, 1)).allowed).toBe(false);
    await limiter.correct?.([{ subject: "a", limits: used, cost: -1, charged }]);
    expect((await limiter.consume("a", used, 1)).allowed).toBe(true);
    expect((await limiter.consume("a", used, 1)).allowed).toBe(false);
    await limiter.reset("a");
    expect((await limiter.consume("a", used, 1)).allowed).toBe(true);
  });

  it("end within a second after a refund by another process", async () => {
    const used: Limits = { daily: 10 };
    const other = await limiterWith({});
    try {
      const charged = await other.consume("a", used, 10);
      expect((await limiter.consume("a", used, 1)).allowed).toBe(false);
      await other.correct?.([{ subject: "a", limits: used, cost: -1, charged }]);
      await sleep(1001);
      expect((await limiter.consume("a", used, 1)).allowed).toBe(true);
    } finally {
      await other.close();
    }
  });
});

describe("calls that have timed out", () => {
  it("count nothing when they arrive", async () => {
    await limiter.close();
    limiter = await limiterWith({ timeoutMs: 50, onUnavailable: "admit" });
    await consume("a", 1);
    redis.server.pause();
    // Fewer than open the circuit breaker: all of these are sent.
    await Promise.all(["a", "b", "c", "d"].map(async (subject) => limiter.consume(subject, LIMITS, 100)));
    await sleep(50);
    redis.server.resume();
    await sleep(300);
    expect(await dailyOf("a")).toBe(1999);
    expect(await dailyOf("b")).toBe(2000);
  });

  it("are not sent when a connection is made late", async () => {
    await limiter.close();
    redis.server.pause();
    limiter = redisLimiter({ client: redis.client, timeoutMs: 50, onUnavailable: "admit" });
    await consume("late", 3);
    await sleep(100);
    redis.server.resume();
    await expect.poll(() => dailyOf("late")).toBe(2000);
    await consume("late", 1);
    await expect.poll(() => dailyOf("late")).toBe(1999);
  });
});

describe("stored subjects", () => {
  it("in an unknown format are an error that names both versions", async () => {
    await consume("a", 1);
    const [key = ""] = await redis.client.keys("keyward:*{a}");
    await redis.client.setrange(key, 0, "\u0009");
    const errors: unknown[] = [];
    limiter.onStatus?.((change) => errors.push("error" in change ? String(change.error) : change.status));
    for (let times = 0; times < 5; times += 1) {
      await expect(consume("a", 1)).rejects.toMatchObject({ code: "limiter-unavailable" });
    }
    expect(errors).toEqual([
      expect.stringContaining(`KEYWARD ${key} is stored in format 9; this version of Keyward reads format 3`),
    ]);
  });
});
