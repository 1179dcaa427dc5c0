import assert from "node:assert/strict";
import type { Limiter, Limits } from "@keyward/core";
import type { TestClock } from "../test-clock.ts";
import type { LimiterCase } from "./limiter-case.ts";
import { assertRefused, hammer } from "./traffic.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Uses up a quota at the start of its period, and requires that it is renewed exactly at the end. */
async function assertPeriod(
  limiter: Limiter,
  clock: TestClock,
  limits: Limits,
  span: readonly [number, number],
) {
  const [startMs, endMs] = span;
  const [policy = ""] = Object.keys(limits);
  clock.set(startMs - 1);
  assert.equal(await hammer(limiter, "a", limits, 1), 1);
  clock.set(startMs);
  assert.equal(await hammer(limiter, "a", limits, 10), 5);
  const refused = await limiter.consume("a", limits, 1);
  assertRefused(refused, policy);
  assert.equal(refused.retryAfterMs, endMs - startMs);
  assert.equal(refused.resetMs[policy], endMs - startMs);
  clock.set(endMs - 1);
  assert.equal((await limiter.consume("a", limits, 1)).retryAfterMs, 1);
  clock.set(endMs);
  assert.equal((await limiter.consume("a", limits, 5)).allowed, true);
}

/** Calendar quotas on days, weeks and months of unusual length, and in unusual time zones. */
export function testCalendarQuotas(test: LimiterCase): void {
  const cases: readonly [string, Limits, readonly [number, number]][] = [
    [
      "a day of 23 hours: 29 March 2026 in Berlin",
      { daily: 5, timeZone: "Europe/Berlin" },
      [Date.UTC(2026, 2, 28, 23), Date.UTC(2026, 2, 29, 22)],
    ],
    [
      "a day of 25 hours: 25 October 2026 in Berlin",
      { daily: 5, timeZone: "Europe/Berlin" },
      [Date.UTC(2026, 9, 24, 22), Date.UTC(2026, 9, 25, 23)],
    ],
    [
      "the first of two hours from 2 to 3 o'clock: 25 October 2026 in Berlin",
      { hourly: 5, timeZone: "Europe/Berlin" },
      [Date.UTC(2026, 9, 25, 0), Date.UTC(2026, 9, 25, 1)],
    ],
    [
      "the second of two hours from 2 to 3 o'clock: 25 October 2026 in Berlin",
      { hourly: 5, timeZone: "Europe/Berlin" },
      [Date.UTC(2026, 9, 25, 1), Date.UTC(2026, 9, 25, 2)],
    ],
    [
      "a day in Kathmandu, 5:45 h ahead of UTC",
      { daily: 5, timeZone: "Asia/Kathmandu" },
      [Date.UTC(2026, 4, 3, 18, 15), Date.UTC(2026, 4, 4, 18, 15)],
    ],
    [
      "an hour in Kathmandu, which begins at a quarter past in UTC",
      { hourly: 5, timeZone: "Asia/Kathmandu" },
      [Date.UTC(2026, 4, 3, 18, 15), Date.UTC(2026, 4, 3, 19, 15)],
    ],
    [
      "a week from Monday to Sunday with a change of clocks: 23 to 29 March 2026 in Berlin",
      { weekly: 5, timeZone: "Europe/Berlin" },
      [Date.UTC(2026, 2, 22, 23), Date.UTC(2026, 2, 29, 22)],
    ],
    ["a February of 28 days", { monthly: 5 }, [Date.UTC(2027, 1, 1), Date.UTC(2027, 2, 1)]],
    ["a February of 29 days", { monthly: 5 }, [Date.UTC(2028, 1, 1), Date.UTC(2028, 2, 1)]],
    ["a leap day", { daily: 5 }, [Date.UTC(2028, 1, 29), Date.UTC(2028, 2, 1)]],
    [
      "a month from 28 February of 28 days",
      { monthly: 5, monthStartsOn: 28 },
      [Date.UTC(2027, 1, 28), Date.UTC(2027, 2, 28)],
    ],
    [
      "a month from 28 February of 29 days",
      { monthly: 5, monthStartsOn: 28 },
      [Date.UTC(2028, 1, 28), Date.UTC(2028, 2, 28)],
    ],
    [
      "a month from the 15th across the turn of the year in New York",
      { monthly: 5, monthStartsOn: 15, timeZone: "America/New_York" },
      [Date.UTC(2026, 11, 15, 5), Date.UTC(2027, 0, 15, 5)],
    ],
  ];
  for (const [name, limits, span] of cases) {
    test(`renews a quota exactly at the end of ${name}`, (limiter, clock) =>
      assertPeriod(limiter, clock, limits, span));
  }

  test("keeps the longer of two periods that began together", async (limiter, clock) => {
    clock.set(Date.UTC(2026, 5, 1));
    const limits = { hourly: 5, daily: 8, weekly: 20, monthly: 12 };
    assert.equal(await hammer(limiter, "a", limits, 10), 5);
    clock.advance(HOUR_MS);
    assert.equal(await hammer(limiter, "a", limits, 10), 3);
    assertRefused(await limiter.consume("a", limits, 1), "daily");
    clock.advance(23 * HOUR_MS);
    assert.equal(await hammer(limiter, "a", limits, 10), 4);
    const refused = await limiter.consume("a", limits, 1);
    assert.deepEqual(refused.violated, ["monthly"]);
    assert.equal(refused.retryAfterMs, 29 * DAY_MS);
    assert.deepEqual(refused.remaining, { hourly: 1, daily: 4, weekly: 8, monthly: 0 });
  });
}
