import { memoryLimiter } from "@keyward/core";
import type { LimitResult } from "@keyward/core/limiter";
import { ReferenceLimiter, testClock, type ReferenceInstant } from "@keyward/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const START = Date.UTC(2025, 5, 15, 23, 59, 58);

const step = fc.record({
  wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 1200 })),
  cost: fc.integer({ min: 1, max: 8 }),
  /** The admitted request that is withdrawn, if any. */
  withdraw: fc.option(fc.nat(5)),
});

describe("a withdrawn request", () => {
  it("never admits more than if it had never come", async () => {
    const pace = fc.record({
      rate: fc.integer({ min: 1, max: 40 }),
      slack: fc.integer({ min: 0, max: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(pace, fc.array(step, { maxLength: 25 }), async ({ rate, slack }, steps) => {
        const limits = { rate, burst: rate + slack, daily: 100 };
        const clock = testClock(START);
        const limiter = memoryLimiter({ clock });
        const model = new ReferenceLimiter(START);
        const counted: { cost: number; charged: LimitResult; admitted: ReferenceInstant }[] = [];
        for (const { wait, cost, withdraw } of steps) {
          clock.advance(wait);
          model.moveTo(clock());
          const charge = { subject: "a", limits, cost };
          const { must } = model.judge([charge]);
          const result = await limiter.consume("a", limits, cost);
          for (const policy of must) expect(result.violated).toContain(policy);
          if (result.allowed) {
            model.admit([charge]);
            counted.push({ cost, charged: result, admitted: model.subject("a").instant });
          }
          const index = withdraw === null ? counted.length : Math.max(0, counted.length - 1 - withdraw);
          const [taken] = counted.splice(index, 1);
          if (taken === undefined) continue;
          const correction = { subject: "a", limits, cost: -taken.cost, includesPacing: true };
          await limiter.correct?.([{ ...correction, charged: taken.charged }]);
          model.correct({ ...correction, charged: limits, admitted: taken.admitted });
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("leaves no trace if it is withdrawn at the same instant", async () => {
    const limits = { rate: 5, burst: 9, daily: 20, monthly: 500 };
    const clock = testClock();
    const limiter = memoryLimiter({ clock });
    await limiter.consume("a", limits, 3);
    clock.advance(100);
    const before = await limiter.peek("a", limits);
    for (let times = 0; times < 50; times += 1) {
      const charged = await limiter.consume("a", limits, 6);
      expect(charged.allowed).toBe(true);
      await limiter.correct?.([{ subject: "a", limits, cost: -6, charged }]);
    }
    expect((await limiter.peek("a", limits)).remaining).toEqual(before.remaining);
  });
});
