import assert from "node:assert/strict";
import type { Limits } from "@keyward/core";
import type { LimiterCase } from "./limiter-case.ts";
import { assertRefused, hammer } from "./traffic.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Limits that change while they are in use (G11). */
export function testLimitChanges(test: LimiterCase): void {
  test("gives no fresh count by changing limits to others and back", async (limiter, clock) => {
    const first: Limits = { rate: 10, burst: 20, daily: 100 };
    const second: Limits = { rate: 100, per: "minute", monthly: 1000 };
    assert.equal(await hammer(limiter, "a", first, 30), 20);
    // As full as the first, in requests: 80 of 100 are left.
    assert.equal(await hammer(limiter, "a", second, 200), 80);
    assertRefused(await limiter.consume("a", first, 1), "sustained", "burst");
    clock.advance(2000);
    // Requests under the second limits count in the day that only the first limits have.
    const { allowed, remaining } = await limiter.consume("a", first, 1);
    assert.deepEqual([allowed, remaining["daily"]], [false, 0]);
    clock.advance(DAY_MS);
    assert.equal((await limiter.consume("a", first, 1)).allowed, true);
    assert.equal((await limiter.peek("a", second)).remaining["monthly"], 1000 - 80 - 1);
  });

  test("moves the start of a month when the current month ends", async (limiter, clock) => {
    clock.set(Date.UTC(2026, 5, 10));
    assert.equal(await hammer(limiter, "a", { monthly: 10 }, 12), 10);
    const moved: Limits = { monthly: 10, monthStartsOn: 15 };
    assert.equal((await limiter.consume("a", moved, 1)).retryAfterMs, Date.UTC(2026, 6, 1) - clock());
    clock.set(Date.UTC(2026, 5, 15));
    assertRefused(await limiter.consume("a", moved, 1), "monthly");
    clock.set(Date.UTC(2026, 6, 1));
    assert.equal(await hammer(limiter, "a", moved, 12), 10);
    assert.equal((await limiter.consume("a", moved, 1)).retryAfterMs, 14 * DAY_MS);
    clock.set(Date.UTC(2026, 6, 15));
    assert.equal((await limiter.consume("a", moved, 1)).allowed, true);
  });

  test("changes the time zone of a day when the current day ends", async (limiter, clock) => {
    clock.set(Date.UTC(2026, 4, 3, 12));
    assert.equal(await hammer(limiter, "a", { daily: 10 }, 12), 10);
    const moved: Limits = { daily: 10, timeZone: "Asia/Kathmandu" };
    // Midnight in Kathmandu.
    clock.set(Date.UTC(2026, 4, 3, 18, 15));
    assert.equal((await limiter.consume("a", moved, 1)).retryAfterMs, 5.75 * HOUR_MS);
    clock.set(Date.UTC(2026, 4, 4));
    assert.equal(await hammer(limiter, "a", moved, 12), 10);
    assert.equal((await limiter.consume("a", moved, 1)).retryAfterMs, 18.25 * HOUR_MS);
  });

  test("keeps a quota that the limits lack for a while, until its period ends", async (limiter, clock) => {
    const quota: Limits = { rate: 100, daily: 10, weekly: 100 };
    const none: Limits = { rate: 100 };
    clock.set(Date.UTC(2026, 4, 6, 12));
    assert.equal(await hammer(limiter, "a", quota, 8), 8);
    assert.equal(await hammer(limiter, "a", none, 20), 20);
    assert.equal((await limiter.peek("a", quota)).remaining["daily"], 0);
    clock.advance(12 * HOUR_MS);
    assert.deepEqual((await limiter.peek("a", quota)).remaining, {
      sustained: 100,
      burst: 100,
      daily: 10,
      weekly: 72,
    });
  });

  test("admits 100 at once, none at +59 s and 100 at +61.5 s of 100 per minute", async (limiter, clock) => {
    const limits: Limits = { rate: 100, per: "minute" };
    assert.equal(await hammer(limiter, "a", limits, 120), 100);
    clock.advance(59_000);
    assert.equal(await hammer(limiter, "a", limits, 100), 0);
    clock.advance(2500);
    assert.equal(await hammer(limiter, "a", limits, 120), 100);
  });
}
