import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkLimits,
  checkOverrides,
  mergeLimits,
  type LimitOverrides,
  type Limits,
} from "../../src/limits/limits.ts";

describe("checkLimits", () => {
  it.each<Limits>([
    { rate: 1 },
    { rate: 1_000_000_000, burst: 1_000_000_000 },
    { rate: 60, per: "minute", burst: 60 },
    { rate: 1, per: "hour", hourly: 1, daily: 2, weekly: 3, monthly: 4 },
    { monthly: 5, timeZone: "Asia/Kathmandu", monthStartsOn: 28 },
    { weekly: 5, timeZone: "UTC" },
    // A quota can be below the burst.
    { rate: 100, burst: 500, daily: 1 },
  ])("accepts %j, and returns a frozen copy", (limits) => {
    const checked = checkLimits(limits, "plans.a");
    expect(checked).toEqual(limits);
    expect(checked).not.toBe(limits);
    expect(Object.isFrozen(checked)).toBe(true);
  });

  it("omits limits that are not set", () => {
    const checked = checkLimits({ rate: 1, per: undefined, burst: undefined, daily: undefined }, "plans.a");
    expect(Object.keys(checked)).toEqual(["rate"]);
  });

  const example = "such as { rate: 200, burst: 500, daily: 2000 }";
  it.each<[unknown, string]>([
    [{}, "plans.a must set at least one of rate, hourly, daily, weekly, monthly."],
    [{ rate: undefined }, "plans.a must set at least one of rate, hourly, daily, weekly, monthly."],
    [{ burst: 5, daily: 5 }, "plans.a.rate must be set where burst or per is set."],
    [{ per: "minute", daily: 5 }, "plans.a.rate must be set where burst or per is set."],
    [{ burst: 5 }, "plans.a must set at least one of rate, hourly, daily, weekly, monthly."],
    [
      { rate: 5, timeZone: "UTC" },
      "plans.a.timeZone needs a quota: set one of hourly, daily, weekly, monthly.",
    ],
    [{ daily: 5, monthStartsOn: 2 }, "plans.a.monthStartsOn needs a monthly quota: set monthly."],
    [{ rate: 5, burst: 4 }, "plans.a.burst must not be below rate, 5; got 4."],
    [{ rate: 0 }, "plans.a.rate must be a whole number from 1 to 1000000000; got 0."],
    [{ rate: 1.5 }, "plans.a.rate must be a whole number from 1 to 1000000000; got 1.5."],
    [{ rate: 1_000_000_001 }, "plans.a.rate must be a whole number from 1 to 1000000000; got 1000000001."],
    [{ rate: "5" }, 'plans.a.rate must be a whole number from 1 to 1000000000; got "5".'],
    [{ rate: null }, "plans.a.rate must be a whole number from 1 to 1000000000; got null."],
    [{ hourly: -1 }, "plans.a.hourly must be a whole number from 1 to 1000000000; got -1."],
    [{ daily: Number.NaN }, "plans.a.daily must be a whole number from 1 to 1000000000; got NaN."],
    [{ weekly: Infinity }, "plans.a.weekly must be a whole number from 1 to 1000000000; got Infinity."],
    [{ monthly: [] }, "plans.a.monthly must be a whole number from 1 to 1000000000; got an array."],
    [{ rate: 5, per: "day" }, 'plans.a.per must be "second", "minute" or "hour"; got "day".'],
    [{ rate: 5, per: null }, 'plans.a.per must be "second", "minute" or "hour"; got null.'],
    [{ monthly: 5, monthStartsOn: 0 }, "plans.a.monthStartsOn must be a whole number from 1 to 28; got 0."],
    [{ monthly: 5, monthStartsOn: 29 }, "plans.a.monthStartsOn must be a whole number from 1 to 28; got 29."],
    [
      { daily: 5, yearly: 5 },
      "plans.a.yearly is not a limit; there are rate, per, burst, hourly, daily, weekly, monthly, timeZone, monthStartsOn.",
    ],
    [5, `plans.a must be an object ${example}; got 5.`],
    [null, `plans.a must be an object ${example}; got null.`],
    [[], `plans.a must be an object ${example}; got an array.`],
    ["unlimited", `plans.a must be an object ${example}; got "unlimited".`],
  ])("rejects %j", (limits, message) => {
    expect(() => checkLimits(limits, "plans.a")).toThrow(
      expect.objectContaining({ code: "invalid-option", message }),
    );
  });

  it.each(["", "Mars/Olympus", "+02:00", "GMT+2", "europe", 7, null])(
    "rejects the time zone %j",
    (timeZone) => {
      expect(() => checkLimits({ daily: 5, timeZone }, "plans.a")).toThrow(
        expect.objectContaining({
          code: "invalid-option",
          message: expect.stringMatching(/^plans\.a\.timeZone must be an IANA time zone/),
        }),
      );
    },
  );
});

describe("checkOverrides", () => {
  it.each<LimitOverrides>([
    {},
    { rate: null },
    { rate: null, per: null, burst: null },
    { daily: null, monthly: 5 },
    { timeZone: "Europe/Berlin" },
    { monthStartsOn: 15 },
    { timeZone: null, monthStartsOn: null },
    { rate: 5, per: "hour", burst: null },
  ])("accepts %j", (overrides) => {
    expect(checkOverrides(overrides, "limits")).toEqual(overrides);
  });

  it.each<[LimitOverrides]>([
    [{ burst: 5 }],
    [{ per: "hour" }],
    [{ rate: null, burst: 5 }],
    [{ rate: null, per: "minute" }],
  ])("rejects %j", (overrides) => {
    expect(() => checkOverrides(overrides, "limits")).toThrow(
      "limits.rate must be set where burst or per is set: the three override together.",
    );
  });
});

describe("mergeLimits", () => {
  const plan: Limits = {
    rate: 60,
    per: "minute",
    burst: 90,
    daily: 10,
    monthly: 100,
    timeZone: "Europe/Berlin",
  };
  it.each<[LimitOverrides, Limits | undefined]>([
    [{}, plan],
    // rate, per and burst override together; defaults apply afterwards.
    [{ rate: 5 }, { rate: 5, daily: 10, monthly: 100, timeZone: "Europe/Berlin" }],
    [
      { rate: 5, burst: 7 },
      { rate: 5, burst: 7, daily: 10, monthly: 100, timeZone: "Europe/Berlin" },
    ],
    [
      { rate: 5, per: "hour" },
      { rate: 5, per: "hour", daily: 10, monthly: 100, timeZone: "Europe/Berlin" },
    ],
    [
      { rate: 5, per: null, burst: null },
      { rate: 5, daily: 10, monthly: 100, timeZone: "Europe/Berlin" },
    ],
    [{ rate: null }, { daily: 10, monthly: 100, timeZone: "Europe/Berlin" }],
    // Quotas, the time zone and the month start override separately.
    [
      { daily: 20, hourly: 3 },
      { ...plan, daily: 20, hourly: 3 },
    ],
    [{ daily: null }, { rate: 60, per: "minute", burst: 90, monthly: 100, timeZone: "Europe/Berlin" }],
    [
      { timeZone: "UTC", monthStartsOn: 15 },
      { ...plan, timeZone: "UTC", monthStartsOn: 15 },
    ],
    [{ timeZone: null }, { rate: 60, per: "minute", burst: 90, daily: 10, monthly: 100 }],
    [{ rate: null, daily: null, monthly: null }, undefined],
    [
      { rate: null, daily: null, monthly: null, weekly: 7 },
      { weekly: 7, timeZone: "Europe/Berlin" },
    ],
  ])("applies %j to the limits of a plan", (overrides, expected) => {
    expect(mergeLimits(plan, overrides)).toEqual(expected);
  });

  it("limits what a plan does not limit, and nothing if nothing is overridden", () => {
    expect(mergeLimits(undefined, { daily: 5 })).toEqual({ daily: 5 });
    expect(mergeLimits(undefined, { daily: null, rate: null })).toBeUndefined();
    expect(mergeLimits(undefined, { timeZone: "UTC", monthStartsOn: 3 })).toBeUndefined();
  });

  it("leaves no unset field, and only values of the plan or the overrides", () => {
    const value = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined });
    const override = fc.option(value, { nil: null });
    const quotas = <T>(of: fc.Arbitrary<T>) => fc.record({ hourly: of, daily: of, weekly: of, monthly: of });
    fc.assert(
      fc.property(quotas(value), quotas(override), (limits, overrides) => {
        const merged = mergeLimits(limits, overrides);
        for (const name of ["hourly", "daily", "weekly", "monthly"] as const) {
          const expected = overrides[name] === undefined ? limits[name] : (overrides[name] ?? undefined);
          expect(merged?.[name]).toBe(expected);
          expect(merged !== undefined && name in merged).toBe(expected !== undefined);
        }
      }),
    );
  });
});
