import { describe, expect, it, vi } from "vitest";
import type { Limiter, Limits } from "../../src/index.ts";
import { redisLimiter } from "../../src/redis/index.ts";
import { redisForTests } from "./server.ts";

const redis = redisForTests();
const LIMITS: Limits = { rate: 200, burst: 500, hourly: 1000, daily: 2000 };
const KEY = "keyward:3:{a}";

async function withLimiter(body: (limiter: Limiter) => Promise<void>): Promise<void> {
  const limiter = redisLimiter({ client: redis.client, timeoutMs: 2000, initialShare: 1 });
  try {
    await body(limiter);
  } finally {
    await limiter.close();
  }
}

describe("a stored subject", () => {
  it("that was cut anywhere is never read as another, and takes no other subject out of Redis", async () => {
    await withLimiter(async (limiter) => {
      const failures: unknown[] = [];
      limiter.onStatus?.((change) => failures.push(change));
      for (let times = 0; times < 5; times += 1) {
        await limiter.consume("a", LIMITS, 1);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      await limiter.consume("a", { ...LIMITS, rate: 100 }, 1);
      const whole = (await redis.client.getBuffer(KEY)) as Buffer;
      for (let length = 1; length < whole.length; length += 1) {
        await redis.client.set(KEY, whole.subarray(0, length));
        // A new process has no local state.
        const fresh = redisLimiter({ client: redis.client, timeoutMs: 2000, onUnavailable: "refuse" });
        const outcome = await (async () => fresh.consume("a", LIMITS, 1))().then(
          ({ remaining }) => remaining["daily"],
          ({ code }: { code: string }) => code,
        );
        await fresh.close();
        // Cut between two slots, it has lost only admissions of the last second.
        expect(["limiter-unavailable", 1993], `of ${length} bytes`).toContain(outcome);
      }
      await redis.client.set(KEY, whole.subarray(0, 40));
      for (let times = 0; times < 10; times += 1) {
        expect((await limiter.consume("a", LIMITS, 1)).allowed).toBe(true);
      }
      await limiter.consume("b", LIMITS, 1);
      expect(await redis.client.exists("keyward:3:{b}")).toBe(1);
      expect(failures).toEqual([]);
    });
  }, 60_000);

  it("of another format is not changed", async () => {
    await withLimiter(async (limiter) => {
      const other = Buffer.concat([Buffer.from([9]), Buffer.alloc(200)]);
      await redis.client.set(KEY, other);
      await limiter.consume("a", LIMITS, 1);
      await vi.waitFor(async () => expect(await redis.client.getBuffer(KEY)).toEqual(other));
    });
  });
});
