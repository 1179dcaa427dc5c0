import { describe, expect, it } from "vitest";
import { rulesOf } from "../../src/limits/rules.ts";
import { LocalShare } from "../../src/redis/local-share.ts";

/** The parts that processes grant, by rank. */
function partsOf(count: number, limits: Parameters<typeof rulesOf>[0], configured: number | "auto" = "auto") {
  return Array.from({ length: count }, (_, rank) => {
    const share = new LocalShare(configured, undefined);
    share.membership = { count, rank };
    return share.of(rulesOf(limits));
  });
}

describe("the parts of limits that processes grant", () => {
  it("add up to the limits, however many processes there are", () => {
    const limits = { rate: 7, burst: 500, daily: 2003 };
    for (const count of [1, 2, 3, 4, 6, 7]) {
      const parts = partsOf(count, limits);
      for (const name of ["rate", "burst", "daily"] as const) {
        expect(
          parts.reduce((sum, { rules }) => sum + (rules[name] ?? 0), 0),
          `${name} of ${count}`,
        ).toBe(limits[name]);
      }
      expect(parts.every(({ missing }) => missing.length === 0)).toBe(true);
    }
  });

  it("are zero for processes beyond the limit", () => {
    const parts = partsOf(4, { rate: 5, daily: 2 });
    expect(parts.map(({ missing }) => missing)).toEqual([[], [], ["daily"], ["daily"]]);
  });

  it("follow a configured number, and one request each for as many processes as the limit has", () => {
    const parts = partsOf(4, { rate: 100, burst: 200, hourly: 3 }, 0.25);
    expect(parts.map(({ rules }) => rules.burst)).toEqual([50, 50, 50, 50]);
    expect(parts.map(({ missing }) => missing.length)).toEqual([0, 0, 0, 1]);
    // Without Redis no process knows whether others grant it.
    expect(new LocalShare(0.25, undefined).of(rulesOf({ hourly: 3 })).missing).toEqual(["hourly"]);
  });

  it("are not known before Redis was reached, unless they are configured", () => {
    expect(new LocalShare("auto", undefined).fraction).toBeUndefined();
    expect(new LocalShare("auto", 0.5).fraction).toBe(0.5);
    expect(new LocalShare(0.25, undefined).fraction).toBe(0.25);
  });
});
