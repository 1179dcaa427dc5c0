import { describe, expect, it, onTestFinished } from "vitest";
import type { Limits } from "../../src/index.ts";
import { redisLimiter } from "../../src/redis/index.ts";
import { redisForTests } from "./server.ts";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MIDNIGHT = Date.UTC(2025, 5, 16);

const redis = redisForTests();

/** A limiter whose time the test sets. */
async function setUp(start: number) {
  const { client } = redis;
  await client.flushall();
  let now = start;
  const limiter = redisLimiter({ client, timeoutMs: 5000, onUnavailable: "refuse", clock: () => now });
  onTestFinished(() => limiter.close());
  return {
    limiter,
    /** Consumes, and returns how long Redis keeps the subject from then on. */
    async consume(limits: Limits, cost: number, at: number) {
      now = at;
      expect(await limiter.consume("a", limits, cost)).toMatchObject({ allowed: true });
      const [key] = await client.keys("keyward:*");
      return client.pttl(key as string);
    },
  };
}

/** The server's own time passes while the test runs. */
const about = (ms: number) => ({
  asymmetricMatch: (received: unknown) => Math.abs(Number(received) - ms) < 10 * SECOND_MS,
});

describe("a subject is kept in Redis", () => {
  it("until an hour after its day has ended, however often it is used in it", async () => {
    const { consume } = await setUp(MIDNIGHT);
    expect(await consume(LIMITS, 1, MIDNIGHT)).toEqual(about(DAY_MS + HOUR_MS));
    expect(await consume(LIMITS, 1, MIDNIGHT)).toEqual(about(DAY_MS + HOUR_MS));
  });

  it("for another day when it is used in that", async () => {
    const { consume } = await setUp(MIDNIGHT - SECOND_MS);
    expect(await consume(LIMITS, 1, MIDNIGHT - SECOND_MS)).toEqual(about(HOUR_MS));
    expect(await consume(LIMITS, 1, MIDNIGHT)).toEqual(about(DAY_MS + HOUR_MS));
    expect(await consume(LIMITS, 1, MIDNIGHT)).toEqual(about(DAY_MS + HOUR_MS));
  });

  it("until an hour after the longest of its periods", async () => {
    const { consume } = await setUp(MIDNIGHT);
    const month = { hourly: 10, daily: 20, monthly: 100, timeZone: "Asia/Kathmandu" };
    const end = Date.UTC(2025, 6, 1) - 5.75 * HOUR_MS;
    expect(await consume(month, 1, MIDNIGHT)).toEqual(about(end - MIDNIGHT + HOUR_MS));
    // The count of the month is kept, although the limits lack it.
    expect(await consume(LIMITS, 1, MIDNIGHT)).toEqual(about(end - MIDNIGHT + HOUR_MS));
  });

  it("until its bucket is empty if that takes longer, and a minute more", async () => {
    const limits = { rate: 1, burst: 100_000, daily: 1_000_000 };
    const { consume } = await setUp(MIDNIGHT - HOUR_MS);
    expect(await consume(limits, 1, MIDNIGHT - HOUR_MS)).toEqual(about(2 * HOUR_MS));
    expect(await consume(limits, 99_999, MIDNIGHT - HOUR_MS)).toEqual(about(100_000 * SECOND_MS + MINUTE_MS));
    // The same a little later.
    expect(await consume(limits, 1, MIDNIGHT - HOUR_MS + SECOND_MS)).toEqual(
      about(100_000 * SECOND_MS + MINUTE_MS),
    );
  });

  it("until its window is empty if it has no quota, and a minute more", async () => {
    const { consume } = await setUp(MIDNIGHT);
    const perHour: Limits = { rate: 60, per: "hour" };
    expect(await consume({ rate: 10 }, 10, MIDNIGHT)).toEqual(about(2 * SECOND_MS + MINUTE_MS));
    expect(await consume(perHour, 30, MIDNIGHT + 2 * SECOND_MS)).toEqual(about(1.5 * HOUR_MS + MINUTE_MS));
  });

  it("as long as before after a refund", async () => {
    const { consume, limiter } = await setUp(MIDNIGHT);
    await consume(LIMITS, 9, MIDNIGHT);
    const charged = await limiter.consume("a", LIMITS, 1);
    await limiter.correct?.([{ subject: "a", limits: LIMITS, cost: -1, charged }]);
    const [key = ""] = await redis.client.keys("keyward:*");
    expect(await redis.client.pttl(key)).toEqual(about(DAY_MS + HOUR_MS));
  });
});
