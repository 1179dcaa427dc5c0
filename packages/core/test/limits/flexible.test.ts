import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Limiter, Limits } from "../../src/index.ts";
import { flexibleLimiter } from "../../src/limits/flexible.ts";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };

/** Also when the clock is a false one. */
const clock = () => Date.now();

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2025, 5, 15, 12) }));
afterEach(() => void vi.useRealTimers());

const create = (window: { keyPrefix: string; points: number; duration: number }) => {
  // Windows of one name share their counters, as they would in a database.
  const existing = stores.get(window.keyPrefix);
  if (existing !== undefined) return Object.assign(existing, { points: window.points });
  const made = new RateLimiterMemory(window);
  stores.set(window.keyPrefix, made);
  return made;
};
const stores = new Map<string, RateLimiterMemory>();
beforeEach(() => stores.clear());

async function hammer(limiter: Limiter, times: number, limits = LIMITS): Promise<number> {
  let admitted = 0;
  for (let count = 0; count < times; count += 1) {
    if ((await limiter.consume("a", limits, 1)).allowed) admitted += 1;
  }
  return admitted;
}

describe("flexibleLimiter on a store of rate-limiter-flexible", () => {
  let limiter: Limiter;
  beforeEach(() => {
    limiter = flexibleLimiter({ create, clock });
  });

  it("admits a burst, and reports the remaining requests and the retry time", async () => {
    expect(await hammer(limiter, 500)).toBe(500);
    const refused = await limiter.consume("a", LIMITS, 1);
    expect(refused).toMatchObject({ allowed: false, violated: ["burst"], retryAfterMs: 1000 });
    expect(refused.remaining).toEqual({ sustained: 100, burst: 0, daily: 1500 });
    vi.advanceTimersByTime(refused.retryAfterMs);
    expect((await limiter.consume("a", LIMITS, 1)).allowed).toBe(true);
  });

  it("G3: no UTC day admits more than daily, and the day turns at midnight", async () => {
    const small = { ...LIMITS, daily: 3 };
    vi.setSystemTime(Date.UTC(2025, 5, 15, 23, 59));
    expect(await hammer(limiter, 5, small)).toBe(3);
    expect(await limiter.consume("a", small, 1)).toMatchObject({ violated: ["daily"], retryAfterMs: 60_000 });
    vi.setSystemTime(Date.UTC(2025, 5, 16));
    expect(await hammer(limiter, 5, small)).toBe(3);
  });

  it("G4: a refused request costs nothing", async () => {
    await hammer(limiter, 500);
    await hammer(limiter, 1000);
    expect((await limiter.peek("a", LIMITS)).remaining["daily"]).toBe(1500);
    vi.advanceTimersByTime(3000);
    expect(await hammer(limiter, 600)).toBe(500);
  });

  it("G7: a cost above the limits has no time to wait for", async () => {
    expect(await limiter.consume("a", LIMITS, 501)).toMatchObject({
      allowed: false,
      retryAfterMs: Number.POSITIVE_INFINITY,
    });
    expect((await limiter.peek("a", LIMITS)).remaining["daily"]).toBe(2000);
  });

  it("G4: a refused request costs nothing, however many are in flight", async () => {
    const small = { rate: 10, burst: 10, daily: 15 };
    for (let second = 0; second < 5; second += 1) {
      const results = await Promise.all(Array.from({ length: 100 }, () => limiter.consume("a", small, 1)));
      expect(results.filter(({ allowed }) => allowed)).toHaveLength([10, 5, 0, 0, 0][second] ?? 0);
      vi.advanceTimersByTime(1000);
    }
    // Nothing but what was admitted has been counted: the next day is whole.
    for (const store of stores.values())
      expect((await store.get("a"))?.consumedPoints ?? 0).toBeLessThanOrEqual(10);
    vi.setSystemTime(Date.UTC(2025, 5, 16));
    expect((await limiter.peek("a", small)).remaining["daily"]).toBe(15);
    expect(await hammer(limiter, 20, small)).toBe(10);
  });

  it("G4: a refused request of a higher cost leaves room for lower ones, also at the same time", async () => {
    const small = { rate: 10, burst: 10, daily: 100 };
    const costs = [8, 8, 8, 1, 8, 1];
    const results = await Promise.all(costs.map((cost) => limiter.consume("a", small, cost)));
    expect(results.map(({ allowed }) => allowed)).toEqual([true, false, false, true, false, true]);
    expect((await limiter.peek("a", small)).remaining).toEqual({ sustained: 0, burst: 0, daily: 90 });
  });

  it("G4: processes that decide at the same moment exceed no limit, and lose nothing of the day", async () => {
    const small = { rate: 10, burst: 10, daily: 1000 };
    const processes = Array.from({ length: 5 }, () => flexibleLimiter({ create, clock }));
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, number) => processes[number % 5]?.consume("a", small, 1)),
    );
    expect(results.filter((result) => result?.allowed)).toHaveLength(10);
    expect((await limiter.peek("a", small)).remaining["daily"]).toBe(990);
  });

  it("refunds nothing into a window or a day that began since", async () => {
    const small = { rate: 10, burst: 10, daily: 20 };
    vi.setSystemTime(Date.UTC(2025, 5, 15, 23, 59, 59));
    const charged = await limiter.consume("a", small, 10);
    vi.setSystemTime(Date.UTC(2025, 5, 16, 0, 0, 1));
    vi.advanceTimersByTime(1000);
    await limiter.correct?.([
      { subject: "a", limits: small, cost: -10, charged },
      { subject: "never seen", limits: small, cost: -10 },
    ]);
    for (const subject of ["a", "never seen"]) {
      expect((await limiter.peek(subject, small)).remaining).toEqual({ sustained: 10, burst: 10, daily: 20 });
    }
    const results = await Promise.all(Array.from({ length: 30 }, () => limiter.consume("a", small, 1)));
    expect(results.filter(({ allowed }) => allowed)).toHaveLength(10);
  });

  it("refuses a key that was blocked in the store", async () => {
    const blocking = (window: { keyPrefix: string; points: number; duration: number }) => {
      const made = new RateLimiterMemory(window);
      return Object.assign(made, { get: async () => null });
    };
    const other = flexibleLimiter({ create: blocking, clock });
    for (let times = 0; times < 500; times += 1) await other.consume("a", LIMITS, 1);
    expect(await other.consume("a", LIMITS, 1)).toMatchObject({ allowed: false, violated: ["burst"] });
  });

  it("recognizes the results of another copy of the library", async () => {
    const foreign = (window: { keyPrefix: string; points: number; duration: number }) => {
      const made = create(window);
      const consume = made.consume.bind(made);
      const copy = async (key: string, points: number) =>
        consume(key, points).catch((answer: RateLimiterRes) => Promise.reject({ ...answer.toJSON() }));
      return Object.assign(Object.create(made), { consume: copy, get: async () => null });
    };
    const other = flexibleLimiter({ create: foreign, clock });
    const small = { rate: 1, burst: 1, daily: 10 };
    expect((await other.consume("a", small, 1)).allowed).toBe(true);
    expect(await other.consume("a", small, 1)).toMatchObject({
      allowed: false,
      violated: ["sustained", "burst"],
    });
  });

  it("does not wait forever behind a call without a reply", async () => {
    let hangs = true;
    const hanging = (window: { keyPrefix: string; points: number; duration: number }) => {
      const made = new RateLimiterMemory(window);
      const get = made.get.bind(made);
      return Object.assign(made, { get: (key: string) => (hangs ? new Promise(() => {}) : get(key)) });
    };
    const other = flexibleLimiter({ create: hanging as never, clock });
    void other.consume("a", LIMITS, 1);
    hangs = false;
    const next = [other.consume("a", LIMITS, 1), other.consume("a", LIMITS, 1)];
    expect((await other.consume("b", LIMITS, 1)).allowed).toBe(true);
    await vi.advanceTimersByTimeAsync(1000);
    expect((await Promise.all(next)).map(({ allowed }) => allowed)).toEqual([true, true]);
  });

  it("overshoots G1 at the edge of two windows: 999 in one second", async () => {
    // Both windows turn at +3000 ms: the one of the rate began at 0, the one of the burst at +2000.
    await hammer(limiter, 1);
    vi.advanceTimersByTime(2000);
    await hammer(limiter, 1);
    vi.advanceTimersByTime(990);
    let admitted = await hammer(limiter, 600);
    vi.advanceTimersByTime(10);
    admitted += await hammer(limiter, 600);
    expect(admitted).toBe(999);
  });

  it("peeks, refunds and resets", async () => {
    const charged = await limiter.consume("a", LIMITS, 10);
    expect((await limiter.peek("a", LIMITS)).remaining["burst"]).toBe(490);
    await limiter.correct?.([{ subject: "a", limits: LIMITS, cost: -4, charged }]);
    expect((await limiter.peek("a", LIMITS)).remaining).toEqual({ sustained: 200, burst: 490, daily: 1994 });
    await limiter.reset("a");
    expect((await limiter.peek("a", LIMITS)).remaining["daily"]).toBe(2000);
    expect((await limiter.consume("a", LIMITS, 0)).allowed).toBe(true);
  });

  it("looks without counting, says which policy is spent, and counts nothing for a cost of 0", async () => {
    const small = { rate: 5, burst: 5, daily: 10 };
    await limiter.consume("a", small, 5);
    const looked = await limiter.peek("a", small);
    expect(looked).toMatchObject({ allowed: false, violated: ["sustained", "burst"], retryAfterMs: 1000 });
    expect(await limiter.consume("a", small, 0)).toEqual(looked);
    await limiter.correct?.([{ subject: "a", limits: small, cost: 0 }]);
    expect(await limiter.peek("a", small)).toEqual(looked);
    expect((await limiter.peek("b", small)).resetMs).toEqual({ sustained: 0, burst: 0, daily: 43_200_000 });
    expect(await limiter.consume("b", { rate: 20, burst: 20, daily: 10 }, 11)).toMatchObject({
      allowed: false,
      violated: ["daily"],
      retryAfterMs: Number.POSITIVE_INFINITY,
    });
    await limiter.close();
  });

  it("keeps what it counts apart from what else lies in the store", async () => {
    const windows: { keyPrefix: string; points: number; duration: number }[] = [];
    const other = flexibleLimiter({
      create: (window) => (windows.push(window), new RateLimiterMemory(window)),
      prefix: "mine",
      clock,
    });
    await other.consume("a", LIMITS, 1);
    await other.consume("b", LIMITS, 1);
    expect(windows).toEqual([
      { keyPrefix: "mine:sustained", points: 600, duration: 3 },
      { keyPrefix: "mine:burst", points: 500, duration: 1 },
      { keyPrefix: "mine:daily", points: 2000, duration: 90_000 },
    ]);
  });

  it("hands a store's failure on", async () => {
    const failing = flexibleLimiter({
      create: (window) =>
        Object.assign(new RateLimiterMemory(window), {
          consume: () => Promise.reject(new Error("no store")),
        }),
    });
    await expect((async () => failing.consume("a", LIMITS, 1))()).rejects.toThrow("no store");
  });

  it("rejects options without a function that creates limiters", () => {
    for (const options of [{}, undefined, { create: "redis://:secret@host" }]) {
      expect(() => flexibleLimiter(options as never)).toThrow(
        /^flexibleLimiter create must be a function that creates a limiter of rate-limiter-flexible; got (?!.*secret)/,
      );
    }
  });
});
