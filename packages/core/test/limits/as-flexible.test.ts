import fc from "fast-check";
import {
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
  RateLimiterUnion,
  RLWrapperBlackAndWhite,
} from "rate-limiter-flexible";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asFlexible, memoryLimiter, type Limits } from "../../src/index.ts";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };

/** Also when the clock is a false one. */
const clock = () => Date.now();

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2025, 5, 15, 12) }));
afterEach(() => void vi.useRealTimers());

describe("asFlexible, in rate-limiter-flexible's own hands", () => {
  const view = (limits: Limits = LIMITS) => asFlexible(memoryLimiter({ clock }), limits, { keyPrefix: "kw" });

  it("consumes, and rejects with when to come back", async () => {
    const limiter = view();
    const answer = await limiter.consume("a", 500);
    expect(answer).toBeInstanceOf(RateLimiterRes);
    expect(answer).toMatchObject({ remainingPoints: 0, consumedPoints: 500, isFirstInDuration: true });
    const refused = await limiter.consume("a").catch((rejection: unknown) => rejection);
    expect(refused).toBeInstanceOf(RateLimiterRes);
    expect(refused).toMatchObject({ remainingPoints: 0, msBeforeNext: 1000, consumedPoints: 500 });
  });

  it("in a union it refuses for all, told apart by its prefix", async () => {
    const wide = new RateLimiterMemory({ keyPrefix: "wide", points: 10_000, duration: 1 });
    const union = new RateLimiterUnion(view({ rate: 1, burst: 2, daily: 10 }), wide);
    expect(Object.keys(await union.consume("a", 2))).toEqual(["kw", "wide"]);
    await expect(union.consume("a", 1)).rejects.toHaveProperty("kw");
  });

  it("in a wrapper it is passed by for keys on the list", async () => {
    const wrapped = new RLWrapperBlackAndWhite({
      limiter: view({ rate: 1, burst: 1, daily: 1 }),
      whiteList: ["friend"],
    });
    for (let times = 0; times < 3; times += 1) await wrapped.consume("friend");
    await wrapped.consume("other");
    await expect(wrapped.consume("other")).rejects.toBeInstanceOf(RateLimiterRes);
  });

  it("as an insurance it takes over when the store fails", async () => {
    const broken = {
      status: "end",
      multi: () => {
        throw new Error("gone");
      },
      defineCommand() {},
    };
    const limiter = new RateLimiterRedis({
      storeClient: broken,
      points: 1,
      duration: 1,
      insuranceLimiter: view({ rate: 1, burst: 2, daily: 10 }),
    });
    await limiter.consume("a");
    await limiter.consume("a");
    await expect(limiter.consume("a")).rejects.toBeInstanceOf(RateLimiterRes);
  });

  it("penalty, reward, set, get, block and delete do as their names say", async () => {
    const limiter = view();
    expect(await limiter.get("a")).toBeNull();
    await limiter.penalty("a", 10);
    expect(await limiter.reward("a", 4)).toMatchObject({ consumedPoints: 6 });
    await limiter.set("a", 20, 0);
    expect(await limiter.get("a")).toMatchObject({ consumedPoints: 20, remainingPoints: 200 });
    await limiter.block("a", 5);
    await expect(limiter.consume("a")).rejects.toMatchObject({ msBeforeNext: 5000 });
    vi.advanceTimersByTime(5000);
    await limiter.consume("a");
    await limiter.delete("a");
    expect(await limiter.get("a")).toBeNull();
  });

  it("says of a blocked key for how long, blocks for ever without a time, and ends with delete", async () => {
    const limiter = view();
    await limiter.block("a", 5);
    expect(await limiter.get("a")).toMatchObject({ msBeforeNext: 5000, remainingPoints: 0 });
    await limiter.block("b", 0);
    vi.advanceTimersByTime(365 * 86_400_000);
    await expect(limiter.consume("b")).rejects.toBeInstanceOf(RateLimiterRes);
    await limiter.delete("b");
    await limiter.consume("b");
  });

  it("cannot reward where the limiter cannot give back", async () => {
    const limiter = memoryLimiter({ clock });
    const lasting = asFlexible(
      {
        consume: (...given) => limiter.consume(...given),
        peek: (...given) => limiter.peek(...given),
        reset: (subject) => limiter.reset(subject),
        close: () => limiter.close(),
      },
      LIMITS,
    );
    await expect(lasting.reward("a", 1)).rejects.toThrow(/this limiter cannot give back/);
  });

  it("tells the policy that leaves least, and when that one is whole again", async () => {
    const told = async (limits: Limits, points: number) => {
      const { remainingPoints, msBeforeNext, consumedPoints, isFirstInDuration } = await view(limits).consume(
        `${limits.daily}`,
        points,
      );
      return { remainingPoints, msBeforeNext, consumedPoints, isFirstInDuration };
    };
    const first = { isFirstInDuration: true };
    expect(await told({ rate: 10, burst: 20, daily: 30 }, 15)).toEqual({
      ...first,
      remainingPoints: 5,
      msBeforeNext: 1000,
      consumedPoints: 15,
    });
    expect(await told({ rate: 10, burst: 100, daily: 1000 }, 15)).toEqual({
      ...first,
      remainingPoints: 10,
      msBeforeNext: 0,
      consumedPoints: 15,
    });
    expect(await told({ rate: 10, burst: 20, daily: 12 }, 5)).toEqual({
      ...first,
      remainingPoints: 7,
      msBeforeNext: 43_200_000,
      consumedPoints: 5,
    });
    const limiter = view({ rate: 10, burst: 20, daily: 100 });
    await limiter.consume("a", 2);
    expect(await limiter.consume("a", 2)).toMatchObject({ isFirstInDuration: false, consumedPoints: 4 });
  });

  it("blocks a refused key for blockDuration, and will not execute evenly", async () => {
    const limiter = view({ rate: 1, burst: 1, daily: 10 });
    limiter.blockDuration = 60;
    await limiter.consume("a");
    await expect(limiter.consume("a")).rejects.toBeInstanceOf(RateLimiterRes);
    vi.advanceTimersByTime(5000);
    await expect(limiter.consume("a")).rejects.toMatchObject({ msBeforeNext: 55_000 });
    expect(() => (limiter.execEvenly = true)).toThrow(/execEvenly/);
    expect(() => asFlexible(memoryLimiter(), { rate: 2, burst: 1, daily: 1 })).toThrow(
      /asFlexible limits.burst/,
    );
  });

  it("agrees with the limiter that it shows, over random traffic", async () => {
    const step = fc.record({ wait: fc.nat(1500), cost: fc.integer({ min: 1, max: 300 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const [shown, plain] = [view(), memoryLimiter({ clock })];
        for (const { wait, cost } of steps) {
          vi.advanceTimersByTime(wait);
          const expected = plain.consume("a", LIMITS, cost) as { allowed: boolean };
          const allowed = await shown.consume("a", cost).then(
            () => true,
            () => false,
          );
          expect(allowed).toBe(expected.allowed);
        }
      }),
      { numRuns: 200 },
    );
  });
});
