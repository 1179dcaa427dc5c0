import assert from "node:assert/strict";
import type { Limiter, Limits } from "@keyward/core";
import type { Correction } from "@keyward/core/limiter";
import type { LimiterCase } from "./limiter-case.ts";

const HOUR_MS = 3_600_000;
const MIDNIGHT = Date.UTC(2025, 5, 16);

async function correct(limiter: Limiter, ...corrections: readonly Correction[]): Promise<void> {
  assert.ok(limiter.correct !== undefined, "the limiter cannot correct what it charged");
  await limiter.correct(corrections);
}

/** Costs that are corrected after a request was admitted. */
export function testCorrections(test: LimiterCase): void {
  test("refunds calendar quotas, and leaves sustained and burst as they are", async (limiter) => {
    const limits: Limits = { rate: 5, burst: 10, daily: 50, monthly: 70 };
    const charged = await limiter.consume("a", limits, 8);
    await correct(limiter, { subject: "a", limits, cost: -6, charged, includesPacing: false });
    assert.deepEqual((await limiter.peek("a", limits)).remaining, {
      sustained: 2,
      burst: 2,
      daily: 48,
      monthly: 68,
    });
  });

  test("refunds everything where pacing is included", async (limiter) => {
    const limits: Limits = { rate: 5, burst: 10, daily: 50 };
    const charged = await limiter.consume("a", limits, 8);
    await correct(limiter, { subject: "a", limits, cost: -6, charged });
    assert.deepEqual((await limiter.peek("a", limits)).remaining, { sustained: 5, burst: 8, daily: 48 });
  });

  test("refunds the periods that were charged: after midnight the month, but not the new day", async (limiter, clock) => {
    const limits: Limits = { daily: 50, monthly: 70 };
    clock.set(MIDNIGHT - 1000);
    const charged = await limiter.consume("a", limits, 20);
    clock.set(MIDNIGHT + 1000);
    await limiter.consume("a", limits, 5);
    await correct(limiter, { subject: "a", limits, cost: -20, charged, includesPacing: false });
    assert.deepEqual((await limiter.peek("a", limits)).remaining, { daily: 45, monthly: 65 });
  });

  test("refunds no more than was counted", async (limiter) => {
    const limits: Limits = { rate: 5, burst: 10, daily: 50 };
    const charged = await limiter.consume("a", limits, 3);
    for (let times = 0; times < 3; times += 1) {
      await correct(limiter, { subject: "a", limits, cost: -3, charged });
    }
    assert.deepEqual((await limiter.peek("a", limits)).remaining, { sustained: 5, burst: 10, daily: 50 });
  });

  test("adds a surcharge to sustained and burst up to their limits, and to quotas in full", async (limiter, clock) => {
    const limits: Limits = { rate: 5, burst: 10, daily: 50, monthly: 100 };
    const charged = await limiter.consume("a", limits, 1);
    await correct(limiter, { subject: "a", limits, cost: 59, charged, includesPacing: false });
    const full = await limiter.peek("a", limits);
    assert.deepEqual(full.remaining, { sustained: 0, burst: 0, daily: 0, monthly: 40 });
    assert.deepEqual(full.violated, ["sustained", "burst", "daily"]);
    assert.equal(full.retryAfterMs, 12 * HOUR_MS);
    clock.set(MIDNIGHT);
    const { allowed, remaining } = await limiter.consume("a", limits, 10);
    assert.deepEqual([allowed, remaining["daily"], remaining["monthly"]], [true, 40, 30]);
  });

  test("waits for a surcharge of pacing no longer than for a full limit", async (limiter) => {
    const limits: Limits = { rate: 5, burst: 10 };
    const charged = await limiter.consume("a", limits, 1);
    await correct(limiter, { subject: "a", limits, cost: 1000, charged, includesPacing: false });
    assert.equal((await limiter.peek("a", limits)).retryAfterMs, 1000);
  });

  test("adds a surcharge to sustained and burst in full where pacing is included", async (limiter, clock) => {
    const limits: Limits = { rate: 10, burst: 10 };
    const charged = await limiter.consume("a", limits, 1);
    await correct(limiter, { subject: "a", limits, cost: 29, charged, includesPacing: true });
    // 30 in a bucket of 10, which leaks 10 per second: one more fits when 21 have leaked.
    assert.equal((await limiter.peek("a", limits)).retryAfterMs, 2100);
    clock.advance(2099);
    assert.equal((await limiter.consume("a", limits, 1)).allowed, false);
    clock.advance(1);
    assert.equal((await limiter.consume("a", limits, 1)).allowed, true);
  });

  test("charges a subject afterwards that was not charged before", async (limiter) => {
    const limits: Limits = { rate: 10, burst: 10, daily: 50 };
    await correct(limiter, { subject: "a", limits, cost: 7 });
    assert.deepEqual((await limiter.peek("a", limits)).remaining, { sustained: 3, burst: 3, daily: 43 });
  });

  test("corrects several subjects in one call", async (limiter) => {
    const limits: Limits = { daily: 50 };
    const [one, other] = [await limiter.consume("x|1", limits, 10), await limiter.consume("x|2", limits, 10)];
    await correct(
      limiter,
      { subject: "x|1", limits, cost: -10, charged: one },
      { subject: "x|2", limits, cost: 5, charged: other },
    );
    assert.equal((await limiter.peek("x|1", limits)).remaining["daily"], 50);
    assert.equal((await limiter.peek("x|2", limits)).remaining["daily"], 35);
  });
}
