import { expect, it } from "vitest";
import { periodOf, slotsOf } from "../../page/src/usage/periods.ts";

const NOON_MS = Date.UTC(2026, 0, 31, 12, 30);

const labelsOf = (per: "hour" | "day") => slotsOf([], periodOf(per, NOON_MS)).map(({ label }) => label);

it("the last 24 hours end with the current one, and midnight is 00:00", () => {
  const labels = labelsOf("hour");
  expect(labels).toHaveLength(24);
  expect(labels.slice(0, 1)).toEqual(["13:00"]);
  expect(labels.slice(10, 13)).toEqual(["23:00", "00:00", "01:00"]);
  expect(labels.at(-1)).toBe("12:00");
});

it("the last 30 days end with today", () => {
  const labels = labelsOf("day");
  expect(labels).toHaveLength(30);
  expect([labels[0], labels.at(-1)]).toEqual(["Jan 2", "Jan 31"]);
});
