import { startRedis, type RedisServer } from "@keyward/test-servers";
import { Redis } from "ioredis";
import { RateLimiterRedis } from "rate-limiter-flexible";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Limits } from "../../src/index.ts";
import { flexibleLimiter } from "../../src/limits/flexible.ts";

let server: RedisServer;
const clients: Redis[] = [];
beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server.stop();
});

const LIMITS: Limits = { rate: 10, burst: 10, daily: 1000 };
const FOR_MS = 4000;

function limiterOf(prefix: string, clock?: () => number) {
  const storeClient = new Redis(server.url);
  clients.push(storeClient);
  const create = (window: { keyPrefix: string; points: number; duration: number }) =>
    new RateLimiterRedis({ storeClient, ...window });
  return flexibleLimiter({ create, prefix, ...(clock !== undefined && { clock }) });
}

/** Returns the times of admitted requests in milliseconds from the start, with a constant number in flight. */
async function hammer(
  limiters: readonly ReturnType<typeof limiterOf>[],
  inFlight: number,
): Promise<number[]> {
  const startedAt = performance.now();
  const admittedAt: number[] = [];
  const client = async (number: number) => {
    while (performance.now() - startedAt < FOR_MS) {
      const result = await limiters[number % limiters.length]?.consume("a", LIMITS, 1);
      if (result?.allowed === true) admittedAt.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, number) => client(number)));
  return admittedAt;
}

/** Windows of a second that can have begun within the time, the first and the last of them in part. */
const WINDOWS = FOR_MS / 1000 + 1;

describe("flexibleLimiter on a Redis server", () => {
  it.each([1, 3])(
    "admits no more than its windows allow to a client that hammers %i processes",
    async (count) => {
      const limiters = Array.from({ length: count }, () => limiterOf(`hammer-${count}`));
      const admittedAt = await hammer(limiters, 100);
      expect(admittedAt.length).toBeGreaterThanOrEqual(10);
      expect(admittedAt.length).toBeLessThanOrEqual(10 * WINDOWS);
      const busiest = Math.max(
        ...admittedAt.map((from) => admittedAt.filter((at) => at >= from && at < from + 1000).length),
      );
      expect(busiest, "a second can touch two windows").toBeLessThanOrEqual(20);
      const { remaining } = await (limiters[0] as ReturnType<typeof limiterOf>).peek("a", LIMITS);
      expect(remaining["daily"], "only what was admitted is counted in the day").toBe(
        1000 - admittedAt.length,
      );
    },
  );

  it("admits a day's quota on each day, whatever was refused on the day before", async () => {
    let now = Date.UTC(2026, 4, 1, 12);
    const limiter = limiterOf("days", () => now);
    const limits = { rate: 100, burst: 100, daily: 20 };
    for (let day = 0; day < 3; day += 1) {
      const results = await Promise.all(Array.from({ length: 90 }, () => limiter.consume("a", limits, 1)));
      expect(results.filter(({ allowed }) => allowed)).toHaveLength(20);
      now += 86_400_000;
    }
  });

  it("counts nothing of a cost that is never admitted", async () => {
    const limiter = limiterOf("never");
    const results = await Promise.all([11, 1, 1001, 9].map((cost) => limiter.consume("a", LIMITS, cost)));
    expect(results.map(({ allowed }) => allowed)).toEqual([false, true, false, true]);
    expect(results.map(({ retryAfterMs }) => retryAfterMs)).toEqual([Infinity, 0, Infinity, 0]);
  });
});
