import assert from "node:assert/strict";
import type { Limits } from "@keyward/core";
import type { LimiterCase } from "./limiter-case.ts";
import { assertRefused, hammer } from "./traffic.ts";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };
const NO_DAY: Limits = { ...LIMITS, daily: 1_000_000 };
const HOUR_MS = 3_600_000;
const MIDNIGHT = Date.UTC(2025, 5, 16);

/** Limits of one subject, in cases that other limiters get wrong. */
export function testOneSubject(test: LimiterCase): void {
  test("admits 500 at one instant, refuses one more at +999 ms, and admits it by +1025 ms", async (limiter, clock) => {
    assert.equal(await hammer(limiter, "a", NO_DAY, 501), 500);
    clock.advance(999);
    assertRefused(await limiter.consume("a", NO_DAY, 1), "burst");
    const late = await limiter.consume("a", NO_DAY, 1);
    assert.ok(late.retryAfterMs >= 1 && late.retryAfterMs <= 26);
    clock.advance(26);
    assert.equal((await limiter.consume("a", NO_DAY, 1)).allowed, true);
  });

  test("admits another request exactly 1000 ms after 500 at one instant", async (limiter, clock) => {
    await hammer(limiter, "a", NO_DAY, 500);
    clock.advance(1000);
    assert.equal((await limiter.consume("a", NO_DAY, 1)).allowed, true);
  });

  test("admits 1 of 500 requests at +1001 ms after 1 at 0 and 499 at +990 ms, so that no second has more than 500", async (limiter, clock) => {
    assert.equal(await hammer(limiter, "a", NO_DAY, 1), 1);
    clock.advance(990);
    assert.equal(await hammer(limiter, "a", NO_DAY, 499), 499);
    clock.advance(11);
    // The request at 0 has left the window, the 499 have not.
    assert.equal(await hammer(limiter, "a", NO_DAY, 500), 1);
  });

  test("admits exactly 2000 of 5000/s for one second and then 200/s for 8 s", async (limiter, clock) => {
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

  test("admits 2000 before and after midnight UTC, and at most 500 in a second across it", async (limiter, clock) => {
    clock.set(MIDNIGHT - 10_000);
    let before = 0;
    for (; clock() < MIDNIGHT; clock.advance(5)) before += await hammer(limiter, "a", LIMITS, 1);
    assert.equal(before, 2000);
    clock.set(MIDNIGHT - 1);
    assertRefused(await limiter.consume("a", LIMITS, 1), "daily");
    assert.equal((await limiter.consume("a", LIMITS, 1)).retryAfterMs, 1);
    clock.set(MIDNIGHT);
    // The last second before midnight, at 200/s, is still in the window.
    const after = await hammer(limiter, "a", LIMITS, 600);
    assert.ok(after === 300 || after === 301, `${after} were admitted`);
    assert.equal((await limiter.peek("a", LIMITS)).remaining["daily"], 2000 - after);
  });

  test("does not count refused requests in any limit", async (limiter, clock) => {
    await hammer(limiter, "a", LIMITS, 500);
    for (let ms = 0; ms < 1000; ms += 1) {
      await hammer(limiter, "a", LIMITS, 3);
      clock.advance(1);
    }
    const { allowed, remaining } = await limiter.consume("a", LIMITS, 1);
    assert.equal(allowed, true);
    assert.equal(remaining["daily"], 1499);
  });

  for (const rate of [1, 3, 200, 333, 1000]) {
    for (const burst of [rate, rate + 1, rate * 2]) {
      test(`never refuses a client that is paced evenly at ${rate} per second, with a burst of ${burst}`, async (limiter, clock) => {
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

  test("admits nothing more and locks no client out when the clock is set back an hour", async (limiter, clock) => {
    await hammer(limiter, "a", NO_DAY, 500);
    clock.advance(-HOUR_MS);
    assert.equal(await hammer(limiter, "a", NO_DAY, 5), 0);
    clock.advance(1025);
    assert.equal((await limiter.consume("a", NO_DAY, 1)).allowed, true);
  });

  test("gives no second daily quota when the clock is set back across midnight", async (limiter, clock) => {
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

  test("does not lock a key out for days when a clock that was days ahead is corrected", async (limiter, clock) => {
    const limits = { rate: 200, burst: 500, daily: 300 };
    clock.set(MIDNIGHT + 30 * 24 * HOUR_MS);
    await hammer(limiter, "a", limits, 300);
    clock.set(MIDNIGHT + HOUR_MS);
    assertRefused(await limiter.consume("a", limits, 1), "daily");
    clock.set(MIDNIGHT + 24 * HOUR_MS);
    assert.equal((await limiter.consume("a", limits, 1)).allowed, true);
  });

  test("gives at most one fresh window when the clock is set forwards an hour", async (limiter, clock) => {
    await hammer(limiter, "a", LIMITS, 500);
    clock.advance(HOUR_MS);
    assert.equal(await hammer(limiter, "a", LIMITS, 2000), 500);
  });

  test("applies lowered limits at once, and does not hold earlier requests against the key", async (limiter, clock) => {
    const lower = { rate: 10, burst: 20, daily: 1_000_000 };
    await hammer(limiter, "a", NO_DAY, 500);
    assertRefused(await limiter.consume("a", lower, 1), "sustained", "burst");
    clock.advance(1000);
    assert.equal(await hammer(limiter, "a", lower, 100), 10);
    clock.advance(2000);
    assert.equal(await hammer(limiter, "a", lower, 100), 20);
  });

  test("applies raised limits at once", async (limiter) => {
    assert.equal(await hammer(limiter, "a", { rate: 10, burst: 20, daily: 40 }, 100), 20);
    assert.equal(await hammer(limiter, "a", { rate: 10, burst: 30, daily: 40 }, 100), 10);
    assert.equal(await hammer(limiter, "a", { rate: 200, burst: 500, daily: 40 }, 100), 10);
  });

  test("has no waiting time for a cost that the limits could never admit", async (limiter) => {
    for (const [limits, cost] of [
      [LIMITS, 501],
      [{ ...NO_DAY, daily: 100 }, 101],
      [{ monthly: 7 }, 8],
    ] as const) {
      const result = await limiter.consume("a", limits, cost);
      assert.equal(result.allowed, false);
      assert.equal(result.retryAfterMs, Number.POSITIVE_INFINITY);
    }
    assert.equal((await limiter.consume("a", LIMITS, 500)).allowed, true);
  });

  test("admits a cost of 0 at the limit, and counts nothing", async (limiter) => {
    await hammer(limiter, "a", LIMITS, 500);
    assert.equal((await limiter.consume("a", LIMITS, 0)).allowed, true);
    assert.equal((await limiter.peek("a", LIMITS)).remaining["daily"], 1500);
  });

  test("counts subjects apart, whatever characters their names have", async (limiter) => {
    for (const subject of ["a", "A", "__proto__", "constructor", "a{b}", "ключ", " "]) {
      assert.equal(await hammer(limiter, subject, LIMITS, 501), 500, subject);
    }
  });

  test("peeks at the result of the next request, and counts nothing", async (limiter) => {
    for (let times = 0; times < 3; times += 1) {
      const { allowed, remaining } = await limiter.peek("a", LIMITS);
      assert.equal(allowed, true);
      assert.deepEqual(remaining, { sustained: 200, burst: 500, daily: 2000 });
    }
    await hammer(limiter, "a", LIMITS, 500);
    assertRefused(await limiter.peek("a", LIMITS), "sustained", "burst");
  });

  test("resets one subject, and no other", async (limiter) => {
    await hammer(limiter, "a", LIMITS, 500);
    await hammer(limiter, "b", LIMITS, 500);
    await limiter.reset("a");
    assert.equal((await limiter.consume("a", LIMITS, 1)).allowed, true);
    assert.equal((await limiter.consume("b", LIMITS, 1)).allowed, false);
  });

  test("reports when each policy has recovered", async (limiter, clock) => {
    await hammer(limiter, "a", LIMITS, 500);
    const { resetMs } = await limiter.peek("a", LIMITS);
    assert.equal(resetMs["sustained"], 1000);
    const burstMs = resetMs["burst"] ?? Number.NaN;
    assert.ok(burstMs >= 1000 && burstMs <= 1025);
    assert.equal(resetMs["daily"], 12 * HOUR_MS);
    clock.advance(1025);
    const later = await limiter.peek("a", LIMITS);
    assert.deepEqual(later.remaining, { sustained: 200, burst: 500, daily: 1500 });
    assert.deepEqual([later.resetMs["sustained"], later.resetMs["burst"]], [0, 0]);
  });
}
