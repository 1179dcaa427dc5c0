import assert from "node:assert/strict";
import type { Limiter, Limits } from "@keyward/core";
import type { TestRunner } from "../runner.ts";
import { testClock, type TestClock } from "../test-clock.ts";
import type { LimiterUnderTest } from "../test-limiter.ts";
import { assertRefused, hammer } from "./traffic.ts";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };
const NO_DAY: Limits = { ...LIMITS, daily: 1_000_000 };
const HOUR_MS = 3_600_000;
const MIDNIGHT = Date.UTC(2025, 5, 16);

/** The cases that break other limiters, by name. */
export function testLimiterByCases({ it }: TestRunner, { create }: LimiterUnderTest): void {
  function test(name: string, body: (limiter: Limiter, clock: TestClock) => Promise<void>): void {
    it(name, async () => {
      const clock = testClock();
      const limiter = await create(clock);
      try {
        await body(limiter, clock);
      } finally {
        await limiter.close();
      }
    });
  }

  test("admits 500 at one instant, refuses one more at +999 ms, and admits it by +1025 ms", async (limiter, clock) => {
    assert.equal(await hammer(limiter, "a", NO_DAY, 501), 500);
    clock.advance(999);
    assertRefused(await limiter.consume("a", NO_DAY, 1), "burst");
    const late = await limiter.consume("a", NO_DAY, 1);
    assert.ok(late.retryAfterMs >= 1 && late.retryAfterMs <= 26);
    clock.advance(26);
    assert.equal((await limiter.consume("a", NO_DAY, 1)).allowed, true);
  });

  test("admits one more than 500 at +1000 ms exactly, where all 500 came at one instant", async (limiter, clock) => {
    await hammer(limiter, "a", NO_DAY, 500);
    clock.advance(1000);
    assert.equal((await limiter.consume("a", NO_DAY, 1)).allowed, true);
  });

  test("1 at 0, 499 at +990 ms, then 500 at +1001 ms: no second holds more than 500", async (limiter, clock) => {
    assert.equal(await hammer(limiter, "a", NO_DAY, 1), 1);
    clock.advance(990);
    assert.equal(await hammer(limiter, "a", NO_DAY, 499), 499);
    clock.advance(11);
    // The one at 0 has left the window, the 499 have not: 1 fits, and no more.
    assert.equal(await hammer(limiter, "a", NO_DAY, 500), 1);
  });

  test("one second of 5000/s and then 200/s for 8 s: 2000 admitted, not one fewer", async (limiter, clock) => {
    let admitted = 0;
    for (let ms = 0; ms < 1000; ms += 1) {
      admitted += await hammer(limiter, "a", LIMITS, 5);
      clock.advance(1);
    }
    for (let ms = 0; ms < 8000; ms += 5) {
      admitted += await hammer(limiter, "a", LIMITS, 1);
      clock.advance(5);
    }
    assert.equal(admitted, 2000);
  });

  test("counts a UTC day: 2000 before midnight, 2000 after, and no second over 500 across it", async (limiter, clock) => {
    clock.set(MIDNIGHT - 10_000);
    let before = 0;
    for (; clock() < MIDNIGHT; clock.advance(5)) before += await hammer(limiter, "a", LIMITS, 1);
    assert.equal(before, 2000);
    clock.set(MIDNIGHT - 1);
    assertRefused(await limiter.consume("a", LIMITS, 1), "daily");
    assert.equal((await limiter.consume("a", LIMITS, 1)).retryAfterMs, 1);
    clock.set(MIDNIGHT);
    // The last second of the day before, at 200/s, is still in the window.
    const after = await hammer(limiter, "a", LIMITS, 600);
    assert.ok(after === 300 || after === 301, `${after} were admitted`);
    assert.equal((await limiter.peek("a", LIMITS)).remaining.daily, 2000 - after);
  });

  test("a refused request costs nothing: hammering a full limit delays nothing and burns no day", async (limiter, clock) => {
    await hammer(limiter, "a", LIMITS, 500);
    for (let ms = 0; ms < 1000; ms += 1) {
      await hammer(limiter, "a", LIMITS, 3);
      clock.advance(1);
    }
    const { allowed, remaining } = await limiter.consume("a", LIMITS, 1);
    assert.equal(allowed, true);
    assert.equal(remaining.daily, 1499);
  });

  for (const rate of [1, 3, 200, 333, 1000]) {
    for (const burst of [rate, rate + 1, rate * 2]) {
      test(`never refuses a client that paces itself evenly at ${rate} a second, with a burst of ${burst}`, async (limiter, clock) => {
        const start = clock();
        const requests = Math.max(2 * rate + 5, 12);
        for (let count = 0; count < requests; count += 1) {
          clock.set(start + Math.floor((count * 1000) / rate));
          const result = await limiter.consume("a", { rate, burst, daily: 1_000_000 }, 1);
          assert.equal(result.allowed, true, `request ${count} was refused by ${result.violated.join(", ")}`);
        }
      });
    }
  }

  test("a clock that goes back an hour admits nothing more and locks nobody out", async (limiter, clock) => {
    await hammer(limiter, "a", NO_DAY, 500);
    clock.advance(-HOUR_MS);
    assert.equal(await hammer(limiter, "a", NO_DAY, 5), 0);
    clock.advance(1025);
    assert.equal((await limiter.consume("a", NO_DAY, 1)).allowed, true);
  });

  test("a clock that goes back over midnight gives no second day", async (limiter, clock) => {
    const limits = { rate: 200, burst: 500, daily: 300 };
    clock.set(MIDNIGHT + 60_000);
    assert.equal(await hammer(limiter, "a", limits, 400), 300);
    clock.advance(-HOUR_MS);
    assertRefused(await limiter.consume("a", limits, 1), "daily");
    clock.advance(HOUR_MS);
    assertRefused(await limiter.consume("a", limits, 1), "daily");
    clock.set(MIDNIGHT + 24 * HOUR_MS);
    assert.equal((await limiter.consume("a", limits, 1)).allowed, true);
  });

  test("a clock that was days ahead and is set right does not lock a key out for days", async (limiter, clock) => {
    const limits = { rate: 200, burst: 500, daily: 300 };
    clock.set(MIDNIGHT + 30 * 24 * HOUR_MS);
    await hammer(limiter, "a", limits, 300);
    clock.set(MIDNIGHT + HOUR_MS);
    assertRefused(await limiter.consume("a", limits, 1), "daily");
    clock.set(MIDNIGHT + 24 * HOUR_MS);
    assert.equal((await limiter.consume("a", limits, 1)).allowed, true);
  });

  test("a clock that jumps an hour ahead gives at most one fresh window", async (limiter, clock) => {
    await hammer(limiter, "a", LIMITS, 500);
    clock.advance(HOUR_MS);
    assert.equal(await hammer(limiter, "a", LIMITS, 2000), 500);
  });

  test("limits lowered while in use hold at once, and what was allowed before is not held against the key", async (limiter, clock) => {
    const lower = { rate: 10, burst: 20, daily: 1_000_000 };
    await hammer(limiter, "a", NO_DAY, 500);
    assertRefused(await limiter.consume("a", lower, 1), "sustained", "burst");
    clock.advance(1000);
    assert.equal(await hammer(limiter, "a", lower, 100), 10);
    clock.advance(2000);
    assert.equal(await hammer(limiter, "a", lower, 100), 20);
  });

  test("limits raised while in use hold at once", async (limiter) => {
    assert.equal(await hammer(limiter, "a", { rate: 10, burst: 20, daily: 40 }, 100), 20);
    assert.equal(await hammer(limiter, "a", { rate: 10, burst: 30, daily: 40 }, 100), 10);
    assert.equal(await hammer(limiter, "a", { rate: 200, burst: 500, daily: 40 }, 100), 10);
  });

  test("a cost above what the limits could ever admit has no time to wait for", async (limiter) => {
    for (const limits of [LIMITS, { ...NO_DAY, daily: 100 }]) {
      const cost = Math.min(limits.burst, limits.daily) + 1;
      const result = await limiter.consume("a", limits, cost);
      assert.equal(result.allowed, false);
      assert.equal(result.retryAfterMs, Number.POSITIVE_INFINITY);
    }
    assert.equal((await limiter.consume("a", LIMITS, 500)).allowed, true);
  });

  test("a cost of 0 is admitted and costs nothing, even at the limit", async (limiter) => {
    await hammer(limiter, "a", LIMITS, 500);
    assert.equal((await limiter.consume("a", LIMITS, 0)).allowed, true);
    assert.equal((await limiter.peek("a", LIMITS)).remaining.daily, 1500);
  });

  test("subjects do not share counts, whatever they are called", async (limiter) => {
    for (const subject of ["a", "A", "__proto__", "constructor", "a{b}", "ключ", " "]) {
      assert.equal(await hammer(limiter, subject, LIMITS, 501), 500, subject);
    }
  });

  test("peek counts nothing and says what the next request would be told", async (limiter) => {
    for (let times = 0; times < 3; times += 1) {
      const { allowed, remaining } = await limiter.peek("a", LIMITS);
      assert.equal(allowed, true);
      assert.deepEqual(remaining, { sustained: 200, burst: 500, daily: 2000 });
    }
    await hammer(limiter, "a", LIMITS, 500);
    assertRefused(await limiter.peek("a", LIMITS), "sustained", "burst");
  });

  test("reset forgets what a subject used, and no other subject", async (limiter) => {
    await hammer(limiter, "a", LIMITS, 500);
    await hammer(limiter, "b", LIMITS, 500);
    await limiter.reset("a");
    assert.equal((await limiter.consume("a", LIMITS, 1)).allowed, true);
    assert.equal((await limiter.consume("b", LIMITS, 1)).allowed, false);
  });

  test("resetMs tells when each policy is whole again", async (limiter, clock) => {
    await hammer(limiter, "a", LIMITS, 500);
    const { resetMs } = await limiter.peek("a", LIMITS);
    assert.equal(resetMs.sustained, 1000);
    assert.ok(resetMs.burst >= 1000 && resetMs.burst <= 1025);
    assert.equal(resetMs.daily, 12 * HOUR_MS);
    clock.advance(1025);
    const later = await limiter.peek("a", LIMITS);
    assert.deepEqual(later.remaining, { sustained: 200, burst: 500, daily: 1500 });
    assert.deepEqual([later.resetMs.sustained, later.resetMs.burst], [0, 0]);
  });
}
