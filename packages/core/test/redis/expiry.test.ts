import { describe, expect, it, onTestFinished } from "vitest";
import type { Limits } from "../../src/index.ts";
import { redisLimiter } from "../../src/redis/index.ts";
import { redisForTests } from "./server.ts";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };
const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;
const MIDNIGHT = Date.UTC(2025, 5, 16);

const redis = redisForTests();

/** A limiter whose time the test sets, and for how long Redis keeps what it counts. */
async function setUp(start: number) {
  const { client } = redis;
  await client.flushall();
  let now = start;
  const limiter = redisLimiter({ client, timeoutMs: 5000, onUnavailable: "refuse", clock: () => now });
  onTestFinished(() => limiter.close());
  return {
    async ask(limits: Limits, cost: number, at: number) {
      now = at;
      expect(await limiter.consume("a", limits, cost)).toMatchObject({ allowed: true });
      const [key] = await client.keys("keyward:*");
      return client.pttl(key as string);
    },
  };
}

/** The server's own time goes on while the test runs. */
const about = (ms: number) => ({
  asymmetricMatch: (got: unknown) => Math.abs(Number(got) - ms) < 10 * SECOND_MS,
});

describe("a subject is kept in Redis", () => {
  it("until an hour after its day is over, however often it is used in it", async () => {
    const { ask } = await setUp(MIDNIGHT);
    expect(await ask(LIMITS, 1, MIDNIGHT)).toEqual(about(DAY_MS + HOUR_MS));
    expect(await ask(LIMITS, 1, MIDNIGHT)).toEqual(about(DAY_MS + HOUR_MS));
  });

  it("for another day when it is used in that", async () => {
    const { ask } = await setUp(MIDNIGHT - SECOND_MS);
    expect(await ask(LIMITS, 1, MIDNIGHT - SECOND_MS)).toEqual(about(HOUR_MS));
    expect(await ask(LIMITS, 1, MIDNIGHT)).toEqual(about(DAY_MS + HOUR_MS));
    expect(await ask(LIMITS, 1, MIDNIGHT)).toEqual(about(DAY_MS + HOUR_MS));
  });

  it("until its bucket has drained at the lowest rate there is, where that takes longer", async () => {
    const limits = { rate: 1, burst: 100_000, daily: 1_000_000 };
    const { ask } = await setUp(MIDNIGHT - HOUR_MS);
    expect(await ask(limits, 1, MIDNIGHT - HOUR_MS)).toEqual(about(2 * HOUR_MS));
    expect(await ask(limits, 99_999, MIDNIGHT - HOUR_MS)).toEqual(about(100_000 * SECOND_MS + HOUR_MS));
    // A little later it still does.
    expect(await ask(limits, 1, MIDNIGHT - HOUR_MS + SECOND_MS)).toEqual(
      about(100_000 * SECOND_MS + HOUR_MS),
    );
  });
});
