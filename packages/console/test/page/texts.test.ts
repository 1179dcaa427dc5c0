import { describe, expect, it } from "vitest";
import { withoutConflicts } from "../../page/src/keys/filter.ts";
import { toCsv } from "../../page/src/ui/export.ts";
import { relativeTime } from "../../page/src/ui/format.ts";
import { limitsText } from "../../page/src/limits/limits-text.ts";
import { toLimitsInput, toOwnLimits } from "../../page/src/limits/limits-input.ts";
import { periodOf, RANGES, slotLabel, slotsOf } from "../../page/src/usage/periods.ts";

const NOON_MS = Date.UTC(2026, 0, 31, 12, 30);
const DAY_MS = 86_400_000;

describe("usage periods", () => {
  it("end with the current hour or day, and midnight is 00:00", () => {
    const labelsOf = (name: string) => {
      const range = RANGES.find((each) => each.name === name) ?? RANGES[0];
      const period = periodOf(range, NOON_MS);
      return slotsOf([], period).map(({ start }) => slotLabel(start, period.per, true));
    };
    const hours = labelsOf("24h");
    expect(hours).toHaveLength(24);
    expect([hours[0], hours[11], hours.at(-1)]).toEqual([
      "Jan 30, 13:00 UTC",
      "Jan 31, 00:00 UTC",
      "Jan 31, 12:00 UTC",
    ]);
    const minutes = labelsOf("1h");
    expect([minutes.length, minutes[0], minutes.at(-1)]).toEqual([
      60,
      "Jan 31, 11:31 UTC",
      "Jan 31, 12:30 UTC",
    ]);
    const days = labelsOf("30d");
    expect(days).toHaveLength(30);
    expect([days[0], days.at(-1)]).toEqual(["Jan 2 UTC", "Jan 31 UTC"]);
  });
});

describe("relative times", () => {
  it.each([
    [7 * DAY_MS - 2000, "in 7 days"],
    [-7 * DAY_MS - 2000, "7 days ago"],
    [DAY_MS - 1000, "in 24 hours"],
    [20 * DAY_MS, "in 20 days"],
    [90 * DAY_MS, "in 3 months"],
    [-59_000, "just now"],
    [30_000, "in less than a minute"],
  ])("of %d ms are %s", (ms, text) => expect(relativeTime(NOON_MS + ms, NOON_MS)).toBe(text));
});

describe("limits as text", () => {
  it.each([
    [{ rate: 200, burst: 500, daily: 2000 }, "200/s · burst 500 · 2,000/day (UTC)"],
    [{ rate: 60, per: "minute", monthly: 10_000 }, "60/min · 10,000/month (UTC)"],
    [
      { monthly: 5, monthStartsOn: 3, timeZone: "Europe/Berlin" },
      "5/month (Europe/Berlin, months from the 3rd)",
    ],
    [{ rate: null, daily: null }, "no rate limit · no daily limit (UTC)"],
    [{}, "No limits"],
    [null, "No limits"],
  ] as const)("%j", (limits, text) => expect(limitsText(limits)).toBe(text));

  it("are read back as they were typed", () => {
    const limits = { rate: 10, per: "hour", burst: 20, daily: null, timeZone: "Asia/Kathmandu" } as const;
    expect(toOwnLimits(toLimitsInput(limits))).toEqual(limits);
    expect(toOwnLimits(toLimitsInput(null))).toBe(null);
    expect(toOwnLimits({ ...toLimitsInput(null), daily: "2,000" })).toEqual({ daily: 2000 });
  });
});

describe("CSV", () => {
  it("quotes cells, and keeps spreadsheets from running them", () => {
    expect(toCsv([["a,b", 'say "x"', "=1+1", "+1", "-1", "@x", "\tx", "\rx", null, -1]])).toBe(
      `"a,b","say ""x""",'=1+1,'+1,'-1,'@x,'\tx,"'\rx",,-1\r\n`,
    );
  });
});

describe("filters of the list", () => {
  const none = { search: "", status: "", plan: "", environment: "", scope: "" };

  it("are removed by the choice of keys near a quota, except the owner", () => {
    expect(withoutConflicts({ attention: "near-quota" }, "")).toEqual({ ...none, attention: "near-quota" });
  });

  it("keep either a status or what needs attention", () => {
    expect(withoutConflicts({ attention: "unused" }, "")).toEqual({ attention: "unused", status: "" });
    expect(withoutConflicts({ status: "revoked" }, "unused")).toEqual({ attention: "", status: "revoked" });
  });

  it("end the choice of keys near a quota, and no other", () => {
    expect(withoutConflicts({ plan: "pro" }, "near-quota")).toEqual({ attention: "", plan: "pro" });
    expect(withoutConflicts({ plan: "pro" }, "unused")).toEqual({ plan: "pro" });
    expect(withoutConflicts({ ownerId: "acme" }, "near-quota")).toEqual({ ownerId: "acme" });
    expect(withoutConflicts({ plan: "" }, "near-quota")).toEqual({ plan: "" });
  });
});
