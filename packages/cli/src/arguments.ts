/** Parsers of option values. Each throws an `InvalidArgumentError`, which Commander reports with the option's name. */
import { InvalidArgumentError } from "commander";
import { UNITS_MS } from "./time.ts";

/** A thousand years. Dates end some time after that. */
const MAX_DURATION_MS = 365_000 * UNITS_MS.d;
const DURATION = /^(\d+)([smhdw])$/;
/** Dates mean midnight UTC; times need an offset, so that they mean the same everywhere. */
const DATE = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** Parses `90d`, `24h`, `30m` or `0`. Returns milliseconds. */
export function parseDuration(text: string): number {
  const ms = text === "0" ? 0 : durationMs(text);
  if (ms === undefined)
    throw new InvalidArgumentError("It must be a number followed by s, m, h, d or w, such as 90d.");
  return ms;
}

function durationMs(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  const ms = Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
  return ms <= MAX_DURATION_MS ? ms : undefined;
}

/** Parses a duration from now, or a date: `90d`, `2027-01-31`, `2027-01-31T12:00:00Z`. */
export function parseExpiry(text: string): Date {
  const ms = durationMs(text);
  const date = new Date(ms === undefined ? (DATE.test(text) ? text : Number.NaN) : Date.now() + ms);
  if (Number.isNaN(date.getTime()) || (ms === undefined && !hasDay(text)))
    throw new InvalidArgumentError("It must be a duration such as 90d, or a date such as 2027-01-31.");
  return date;
}

/** Parses a time in the past: `400d` ago, `2027-01-31`, `2027-01-31T12:00:00Z`. */
export function parsePast(text: string): Date {
  const ms = durationMs(text);
  return ms === undefined ? parseExpiry(text) : new Date(Date.now() - ms);
}

/** JavaScript takes 31 February for 3 March. */
function hasDay(text: string): boolean {
  const day = DATE.exec(text)?.[1];
  return day !== undefined && new Date(day).toISOString().startsWith(day);
}

/** Returns a parser of whole numbers in a range. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < min || number > max)
      throw new InvalidArgumentError(`It must be a whole number ${range}.`);
    return number;
  };
}

/** Collects the values of an option that can be repeated. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

export function parseUrl(text: string): URL {
  if (!URL.canParse(text))
    throw new InvalidArgumentError("It must be a URL such as https://api.example.com/v1/hello.");
  return new URL(text);
}
