import assert from "node:assert/strict";
import type { Limiter, LimitResult, Limits, Policy } from "@keyward/core";
import fc from "fast-check";
import { ReferenceLimiter, type Remembers, type Verdict } from "../reference-limiter.ts";
import type { TestRunner } from "../runner.ts";
import { testClock, type TestClock } from "../test-clock.ts";
import type { LimiterUnderTest } from "../test-limiter.ts";

const DAY_MS = 86_400_000;
const SUBJECT = "subject";
const POLICIES: readonly Policy[] = ["sustained", "burst", "daily"];
/** How late a limiter may be to let an admission leave the window. */
const TOLERANCE_MS = 25;

/** One thing that happens: time passes or is set, then so many requests of one cost come at once. */
interface Step {
  readonly wait: number;
  readonly cost: number;
  readonly times: number;
  /** Whether a refusal is followed to the instant at which it says to come back. */
  readonly comeBack: boolean;
}

const limits: fc.Arbitrary<Limits> = fc
  .record({
    rate: fc.integer({ min: 1, max: 60 }),
    slack: fc.integer({ min: 0, max: 90 }),
    daily: fc.integer({ min: 1, max: 600 }),
  })
  .map(({ rate, slack, daily }) => ({ rate, burst: rate + slack, daily }));

const wait = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 1100 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 5000 }) },
  { weight: 1, arbitrary: fc.constantFrom(999, 1000, 1001, 1025) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      -1,
      -50,
      -1000,
      -3_600_000,
      -DAY_MS,
      -3 * DAY_MS,
      3_600_000,
      DAY_MS,
      3 * DAY_MS,
    ),
  },
);

const step: fc.Arbitrary<Step> = fc.record({
  wait,
  cost: fc.oneof(
    { weight: 5, arbitrary: fc.constant(1) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 }) },
  ),
  times: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 3 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }) },
  ),
  comeBack: fc.boolean(),
});

/** Noon, or shortly before midnight. */
const start = fc.oneof(
  fc.constant(Date.UTC(2025, 5, 15, 12)),
  fc.integer({ min: 0, max: 3000 }).map((before) => Date.UTC(2025, 5, 16) - before),
);

const one: Step = { wait: 0, cost: 1, times: 1, comeBack: false };

/** Histories that a limiter once got wrong, and that random ones rarely hold. */
const known: [from: number, given: Limits, steps: Step[]][] = [
  // The clock is set back to a moment at which a refused request's window was not yet over.
  [
    Date.UTC(2025, 5, 16),
    { rate: 1, burst: 1, daily: 1 },
    [one, { ...one, wait: 999 }, { ...one, wait: 1 }, { ...one, wait: -1 }, { ...one, wait: 999 }],
  ],
];

/** Random traffic, costs, limits and clock steps, every answer held against the reference model. */
export function testLimiterByModel({ it }: TestRunner, { create, runs, remembers }: LimiterUnderTest): void {
  it(`agrees with the reference model over ${runs} random histories`, async () => {
    const property = fc.asyncProperty(
      start,
      limits,
      fc.array(step, { minLength: 1, maxLength: 14 }),
      async (from, given, steps) => {
        const clock = testClock(from);
        const limiter = await create(clock);
        try {
          const history = new History(limiter, clock, given, remembers);
          for (const each of steps) await history.take(each);
        } finally {
          await limiter.close();
        }
      },
    );
    await fc.assert(property, { numRuns: runs, examples: known });
  }, 600_000);
}

class History {
  readonly #limiter: Limiter;
  readonly #clock: TestClock;
  readonly #limits: Limits;
  readonly #model: ReferenceLimiter;

  constructor(limiter: Limiter, clock: TestClock, given: Limits, remembers: Remembers | undefined) {
    this.#limiter = limiter;
    this.#clock = clock;
    this.#limits = given;
    this.#model = new ReferenceLimiter(clock(), remembers);
  }

  async take({ wait: ms, cost, times, comeBack }: Step): Promise<void> {
    this.#move(ms);
    for (let count = 0; count < times; count += 1) {
      const result = await this.#request(cost);
      if (result.allowed) continue;
      if (comeBack && Number.isFinite(result.retryAfterMs)) await this.#comeBack(cost, result.retryAfterMs);
      return;
    }
  }

  #move(ms: number): void {
    this.#clock.advance(ms);
    this.#model.moveTo(this.#clock());
  }

  async #request(cost: number): Promise<LimitResult> {
    const verdict = this.#model.judge(this.#limits, cost);
    const result = await this.#limiter.consume(SUBJECT, this.#limits, cost);
    assertAgrees(result, verdict, cost);
    if (result.allowed) this.#model.admit(cost);
    this.#assertRemaining(result);
    return result;
  }

  /** G6: refused 25 ms before the time it was told, and admitted at it. */
  async #comeBack(cost: number, retryAfterMs: number): Promise<void> {
    const early = retryAfterMs - TOLERANCE_MS;
    if (early > 0) {
      this.#move(early);
      const tooSoon = await this.#request(cost);
      assert.equal(tooSoon.allowed, false, "admitted 25 ms before the time that a refusal gave");
      assert.equal(tooSoon.retryAfterMs, TOLERANCE_MS, "a refusal changed when the request will be admitted");
    }
    this.#move(early > 0 ? TOLERANCE_MS : retryAfterMs);
    const inTime = await this.#request(cost);
    assert.equal(inTime.allowed, true, `refused at the time that a refusal gave, ${retryAfterMs} ms`);
  }

  #assertRemaining({ remaining, resetMs }: LimitResult): void {
    const { rate, burst, daily } = this.#limits;
    const tokens = Math.floor(this.#model.tokens(this.#limits) / 1000);
    assert.equal(remaining.sustained, Math.min(rate, tokens), "remaining of sustained");
    assert.ok(remaining.burst <= burst - this.#model.within(1000), "remaining of burst is too high");
    assert.ok(
      remaining.burst >= burst - this.#model.within(1000 + TOLERANCE_MS),
      "remaining of burst is too low",
    );
    assert.equal(remaining.daily, Math.max(0, daily - this.#model.today()), "remaining of daily");
    for (const policy of POLICIES) assert.ok(Number.isSafeInteger(resetMs[policy]) && resetMs[policy] >= 0);
  }
}

function assertAgrees(result: LimitResult, { must, may }: Verdict, cost: number): void {
  if (cost === 0) {
    assert.equal(result.allowed, true, "a request that costs nothing was refused");
    return;
  }
  assert.equal(result.allowed, result.violated.length === 0);
  for (const policy of POLICIES) {
    const violated = result.violated.includes(policy);
    if (must.has(policy)) assert.ok(violated, `${policy} admitted more than its limit`);
    if (!may.has(policy)) assert.ok(!violated, `${policy} refused what it should admit`);
  }
}
