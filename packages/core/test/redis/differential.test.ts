import fc from "fast-check";
import { expect, it } from "vitest";
import { memoryLimiter, type Limiter, type Limits } from "../../src/index.ts";
import type { Charge, GroupResult } from "../../src/limits/limiter.ts";
import { redisLimiter } from "../../src/redis/index.ts";
import { redisForTests } from "./server.ts";

const redis = redisForTests();
/** Shortly before midnight, at the beginning of a slot of every width: the two limiters count a subject's own time from different origins. */
const START = Date.UTC(2025, 5, 15, 23, 58, 30);
const RUNS = Number(process.env["DIFFERENTIAL_RUNS"] ?? 150);

/** Limits of all sizes, so that slots of every form are stored. The slots are as narrow or as wide as they can be. */
const pace = fc
  .oneof(
    fc.tuple(fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 1, 20, 300_000)),
    fc.tuple(fc.integer({ min: 1000, max: 200_000 }), fc.constantFrom(0, 300_000)),
  )
  .chain(([rate, slack]) =>
    fc.constantFrom("second" as const, "second" as const, "minute" as const, "hour" as const).map((per) => ({
      rate,
      slack,
      per,
    })),
  );
const paced: fc.Arbitrary<Limits> = fc.oneof(
  pace.map(({ rate, slack, per }): Limits => ({ rate, burst: rate + slack, per, daily: 1_000_000 })),
  pace.map(({ rate, slack, per }): Limits => ({ rate, burst: rate + slack, per })),
  pace.map(({ rate, slack, per }): Limits => ({
    rate,
    burst: rate + slack,
    per,
    hourly: 500_000,
    weekly: 2_000_000,
  })),
);
const unpaced: fc.Arbitrary<Limits> = fc.constantFrom<Limits[]>(
  { hourly: 5000, monthly: 90_000, timeZone: "Asia/Kathmandu" },
  { hourly: 5000, daily: 100_000, timeZone: "Europe/Berlin" },
  { weekly: 150_000 },
);
/** A subject that was admitted nothing under a pace is not stored with it, unlike in memory. That makes no difference to other paces. */
const threePlans = fc.oneof(
  ...[paced, unpaced].map((each) => fc.array(each, { minLength: 3, maxLength: 3 })),
);

const step = fc.record({
  wait: fc.oneof(
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 0, max: 2000 }),
    fc.integer({ min: 0, max: 200_000 }),
  ),
  plans: fc.tuple(fc.nat(2), fc.nat(2)),
  costs: fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 150_000 })), {
    minLength: 1,
    maxLength: 2,
  }),
  times: fc.integer({ min: 1, max: 6 }),
  settle: fc.option(
    fc.record({ by: fc.integer({ min: -90_000, max: 150_000 }), includesPacing: fc.boolean() }),
    {
      freq: 3,
    },
  ),
});

/** A result as plain data. */
const plain = ({ allowed, violated, retryAfterMs, results }: GroupResult) => ({
  allowed,
  violated,
  retryAfterMs,
  results: results.map(({ remaining, resetMs }) => ({ remaining, resetMs })),
});

it("decides as the memory limiter does, to the millisecond, while the clock does not go back", async () => {
  let created = 0;
  let now = START;
  const clock = () => now;
  await fc.assert(
    fc.asyncProperty(threePlans, fc.array(step, { maxLength: 15 }), async (plans, steps) => {
      now = START;
      const prefix = `${(created += 1)}:`;
      const inRedis = redisLimiter({
        client: redis.client,
        clock,
        prefix,
        timeoutMs: 5000,
        onUnavailable: "refuse",
      });
      const inMemory = memoryLimiter({ clock });
      try {
        for (const each of steps) {
          now += each.wait;
          const charges = each.costs.map((cost, index): Charge => {
            const name = index === 0 ? undefined : "owner";
            return { subject: `t|${index}`, limits: plans[each.plans[index] ?? 0] as Limits, cost, name };
          });
          const both = await Promise.all(
            [inRedis, inMemory].map((limiter) =>
              Promise.all(Array.from({ length: each.times }, async () => consumeAll(limiter, charges))),
            ),
          );
          const [ofRedis = [], ofMemory = []] = both;
          expect(ofRedis.map(plain)).toEqual(ofMemory.map(plain));
          if (each.settle === null) continue;
          for (const [limiter, results] of [
            [inRedis, ofRedis],
            [inMemory, ofMemory],
          ] as const) {
            const result = results[0] as GroupResult;
            if (!result.allowed) continue;
            const { by, includesPacing } = each.settle;
            await limiter.correct?.(
              charges.map(({ subject, limits: current, cost }, index) => ({
                subject,
                limits: current,
                cost: Math.max(-cost, by),
                charged: result.results[index],
                includesPacing,
              })),
            );
          }
        }
      } finally {
        await inRedis.close();
      }
    }),
    { numRuns: RUNS },
  );
}, 600_000);

async function consumeAll(limiter: Limiter, charges: readonly Charge[]): Promise<GroupResult> {
  const result = await limiter.consumeAll?.(charges);
  if (result === undefined) throw new Error("The limiter has no consumeAll.");
  return result;
}
