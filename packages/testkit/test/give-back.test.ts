import { memoryLimiter } from "@keyward/core";
import { ReferenceLimiter, testClock } from "@keyward/testkit";
import fc from "fast-check";
import { expect, it } from "vitest";

const START = Date.UTC(2025, 5, 15, 23, 59, 58);

const step = fc.record({
  wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 1200 })),
  cost: fc.integer({ min: 1, max: 8 }),
  /** Which of the requests admitted so far is taken back, if any. */
  takeBack: fc.option(fc.nat(5)),
});

it("what is given back never lets more through than if it had not been asked for", async () => {
  const limiterOf = fc.record({
    rate: fc.integer({ min: 1, max: 40 }),
    slack: fc.integer({ min: 0, max: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(limiterOf, fc.array(step, { maxLength: 25 }), async ({ rate, slack }, steps) => {
      const limits = { rate, burst: rate + slack, daily: 100 };
      const clock = testClock(START);
      const limiter = memoryLimiter({ clock });
      const model = new ReferenceLimiter(START);
      const held: { cost: number; at: number; withdraw: () => void }[] = [];
      for (const { wait, cost, takeBack } of steps) {
        clock.advance(wait);
        model.moveTo(clock());
        const { must } = model.judge(limits, cost);
        const { violated } = await limiter.consume("a", limits, cost);
        for (const policy of must) expect(violated).toContain(policy);
        if (violated.length === 0) held.push({ cost, at: clock(), withdraw: model.admit(cost) });
        const [taken] = takeBack === null ? [] : held.splice(Math.max(0, held.length - 1 - takeBack), 1);
        if (taken === undefined) continue;
        await limiter.giveBack?.("a", limits, taken.cost, taken.at);
        taken.withdraw();
      }
    }),
    { numRuns: 5000 },
  );
});

it("what is given back at once is as if it had never been", async () => {
  const limits = { rate: 5, burst: 9, daily: 20 };
  const clock = testClock();
  const limiter = memoryLimiter({ clock });
  await limiter.consume("a", limits, 3);
  clock.advance(100);
  const before = await limiter.peek("a", limits);
  for (let times = 0; times < 50; times += 1) {
    expect((await limiter.consume("a", limits, 6)).allowed).toBe(true);
    await limiter.giveBack?.("a", limits, 6, clock());
  }
  expect((await limiter.peek("a", limits)).remaining).toEqual(before.remaining);
});
