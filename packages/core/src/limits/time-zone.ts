/**
 * Calendar arithmetic in a time zone. Offsets come from `@date-fns/tz`, which reads the time-zone data of the runtime.
 */
import { tzOffset } from "@date-fns/tz";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time.ts";

/** A date of the proleptic Gregorian calendar, as days since 1970-01-01. */
type CivilDay = number;

/** No time zone has ever been further from UTC than this, before or after a change of its offset. */
const MAX_OFFSET_MS = 26 * HOUR_MS;

/** Checks an IANA time-zone name such as `"Europe/Berlin"`. */
export function checkTimeZone(
  value: unknown,
  path: string,
  fail: (field: string, message: string) => never,
): void {
  if (typeof value === "string" && /^[A-Za-z]/.test(value)) {
    try {
      if (new Intl.DateTimeFormat("en-US", { timeZone: value }).resolvedOptions().timeZone !== "") return;
    } catch {
      // Reported below, together with values of other types.
    }
  }
  const text = typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : String(value);
  fail(path, `${path} must be an IANA time zone such as "Europe/Berlin" or "UTC"; got ${text}.`);
}

function offsetMs(timeZone: string, at: number): number {
  return timeZone === "UTC" ? 0 : Math.round(tzOffset(timeZone, new Date(at)) * MINUTE_MS);
}

/** The local date at an instant. */
function civilDayAt(timeZone: string, at: number): CivilDay {
  return Math.floor((at + offsetMs(timeZone, at)) / DAY_MS);
}

/** The first instant whose local date is `day` or later: local midnight, or the end of a gap that skips it. */
function startOfCivilDay(timeZone: string, day: CivilDay): number {
  const midnight = day * DAY_MS;
  if (timeZone === "UTC") return midnight;
  const guess = midnight - offsetMs(timeZone, midnight - offsetMs(timeZone, midnight));
  if (isDayStart(timeZone, guess, day)) return guess;
  return firstInstant(
    midnight - MAX_OFFSET_MS,
    midnight + MAX_OFFSET_MS,
    (at) => civilDayAt(timeZone, at) >= day,
  );
}

function isDayStart(timeZone: string, at: number, day: CivilDay): boolean {
  return civilDayAt(timeZone, at) >= day && civilDayAt(timeZone, at - 1) < day;
}

/** The first instant in `(low, high]` for which `holds`, by bisection: it is false up to some instant and true after it. */
function firstInstant(low: number, high: number, holds: (at: number) => boolean): number {
  let [before, after] = [low, high];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (holds(middle)) after = middle;
    else before = middle;
  }
  return after;
}

/** A span of time: `startMs` belongs to it, `endMs` does not. Milliseconds since the epoch. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The local clock hour that contains an instant. Where the offset changes by a fraction of an hour, the hours on either
 * side of the change end and begin with it.
 */
export function hourAt(timeZone: string, at: number): Span {
  const offset = offsetMs(timeZone, at);
  const startMs = Math.floor((at + offset) / HOUR_MS) * HOUR_MS - offset;
  const endMs = startMs + HOUR_MS;
  const isAligned = (other: number) => (offsetMs(timeZone, other) - offset) % HOUR_MS === 0;
  return {
    startMs: isAligned(startMs) ? startMs : firstInstant(startMs, at, isAligned),
    endMs: isAligned(endMs - 1) ? endMs : firstInstant(at, endMs - 1, (other) => !isAligned(other)),
  };
}

/** The local day that contains an instant: 23 to 25 hours where daylight saving begins or ends. */
export function dayAt(timeZone: string, at: number): Span {
  const day = civilDayAt(timeZone, at);
  return { startMs: startOfCivilDay(timeZone, day), endMs: startOfCivilDay(timeZone, day + 1) };
}

/** The local week, Monday to Sunday, that contains an instant. */
export function weekAt(timeZone: string, at: number): Span {
  const day = civilDayAt(timeZone, at);
  // 1970-01-01 was a Thursday.
  const monday = day - ((((day + 3) % 7) + 7) % 7);
  return { startMs: startOfCivilDay(timeZone, monday), endMs: startOfCivilDay(timeZone, monday + 7) };
}

/** The local month that contains an instant, from the day `startsOn` of one month to the day before it in the next. */
export function monthAt(timeZone: string, startsOn: number, at: number): Span {
  const date = new Date(civilDayAt(timeZone, at) * DAY_MS);
  const month = date.getUTCMonth() - (date.getUTCDate() < startsOn ? 1 : 0);
  const startOf = (index: number) =>
    startOfCivilDay(timeZone, Date.UTC(date.getUTCFullYear(), index, startsOn) / DAY_MS);
  return { startMs: startOf(month), endMs: startOf(month + 1) };
}
