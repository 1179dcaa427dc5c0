import { Temporal } from "temporal-polyfill";
import fc from "fast-check";
import { expect, it } from "vitest";
import { dayAt, hourAt, monthAt, weekAt } from "../../src/limits/time-zone.ts";

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Havana",
  "America/Santiago",
  "America/St_Johns",
  "Asia/Kathmandu",
  "Asia/Tokyo",
  "Africa/Cairo",
  "Asia/Beirut",
  "Atlantic/Azores",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Chatham",
];

/** The dates around which offsets change, and others. */
const instant = fc.oneof(
  fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2037, 11, 31) }),
  fc
    .record({
      near: fc.constantFrom(
        Date.UTC(2026, 2, 29, 1),
        Date.UTC(2026, 9, 25, 1),
        Date.UTC(2011, 11, 30, 10),
        Date.UTC(2026, 3, 4, 15),
        Date.UTC(2026, 3, 23, 22),
        Date.UTC(2026, 2, 28, 22),
        Date.UTC(2028, 1, 29),
      ),
      by: fc.integer({ min: -86_400_000, max: 86_400_000 }),
    })
    .map(({ near, by }) => near + by),
);

const zoned = (timeZone: string, at: number) =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);

it("finds the same days, weeks and months as Temporal does", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ZONES),
      instant,
      fc.integer({ min: 1, max: 28 }),
      (timeZone, at, startsOn) => {
        const local = zoned(timeZone, at);
        const startOf = (date: Temporal.PlainDate) => date.toZonedDateTime(timeZone).epochMilliseconds;
        const today = local.toPlainDate();
        expect(dayAt(timeZone, at)).toEqual({
          startMs: startOf(today),
          endMs: startOf(today.add({ days: 1 })),
        });
        const monday = today.subtract({ days: today.dayOfWeek - 1 });
        expect(weekAt(timeZone, at)).toEqual({
          startMs: startOf(monday),
          endMs: startOf(monday.add({ days: 7 })),
        });
        const thisMonth = today.with({ day: startsOn });
        const first = today.day < startsOn ? thisMonth.subtract({ months: 1 }) : thisMonth;
        expect(monthAt(timeZone, startsOn, at)).toEqual({
          startMs: startOf(first),
          endMs: startOf(first.add({ months: 1 })),
        });
      },
    ),
    { numRuns: 3000 },
  );
});

it("finds hours that contain the instant, follow one another, and begin on the local clock's hour", () => {
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), instant, (timeZone, at) => {
      const { startMs, endMs } = hourAt(timeZone, at);
      expect(startMs).toBeLessThanOrEqual(at);
      expect(endMs).toBeGreaterThan(at);
      expect(hourAt(timeZone, startMs)).toEqual({ startMs, endMs });
      expect(hourAt(timeZone, endMs - 1)).toEqual({ startMs, endMs });
      expect(hourAt(timeZone, endMs).startMs).toBe(endMs);
      const [first, before] = [zoned(timeZone, startMs), zoned(timeZone, startMs - 1)];
      // A change of the offset by half an hour begins a new hour, whatever the clock says.
      expect(first.minute === 0 || first.offset !== before.offset).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

const iso = (ms: number) => new Date(ms).toISOString();
const spanOf = ({ startMs, endMs }: { startMs: number; endMs: number }) => [iso(startMs), iso(endMs)];

it.each([
  ["Europe/Berlin", "2026-03-29T10:00Z", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"],
  ["Europe/Berlin", "2026-10-25T10:00Z", "2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"],
  ["Asia/Kathmandu", "2026-05-03T18:14Z", "2026-05-02T18:15:00.000Z", "2026-05-03T18:15:00.000Z"],
  ["UTC", "2028-02-29T23:59Z", "2028-02-29T00:00:00.000Z", "2028-03-01T00:00:00.000Z"],
])("the day in %s at %s begins at %s and ends at %s", (timeZone, at, start, end) => {
  expect(spanOf(dayAt(timeZone, Date.parse(at)))).toEqual([start, end]);
});

it.each([
  [1, "2026-02-28T12:00Z", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"],
  [15, "2026-02-14T23:59Z", "2026-01-15T00:00:00.000Z", "2026-02-15T00:00:00.000Z"],
  [15, "2026-12-20T00:00Z", "2026-12-15T00:00:00.000Z", "2027-01-15T00:00:00.000Z"],
  [28, "2028-02-29T00:00Z", "2028-02-28T00:00:00.000Z", "2028-03-28T00:00:00.000Z"],
])("the month that begins on day %i contains %s from %s to %s", (startsOn, at, start, end) => {
  expect(spanOf(monthAt("UTC", startsOn, Date.parse(at)))).toEqual([start, end]);
});
