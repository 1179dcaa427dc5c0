/** The latest time that a Date can hold, in milliseconds since the epoch. */
export const MAX_DATE_MS = 8.64e15;

const SECONDS = /^\d+(?:\.\d+)?$/;
/** A date of HTTP (RFC 9110, section 5.6.7) or ISO 8601, which all have a time. Other numbers are not dates. */
const DATE = /^(?:[A-Z][a-z]{2}|\d{4}-).*\d\d:\d\d:\d\d/;

/** Reads the time that a response asks to wait, in milliseconds. Returns `undefined` without a valid `Retry-After`. */
export function readRetryAfterMs(headers: Pick<Headers, "get">, now: number): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  const waitMs = secondsToMs(text) ?? msUntil(text, parseDate(headers.get("date")) ?? now);
  if (waitMs === undefined) return undefined;
  const age = headers.get("age") ?? "";
  // A response from a cache has waited for a part of the time already.
  const waitedMs = SECONDS.test(age) ? Number(age) * 1000 : 0;
  return Math.min(Math.max(0, waitMs - waitedMs), MAX_DATE_MS);
}

/** Parses a number of seconds. If several servers on the way have set one, the longest counts. */
function secondsToMs(text: string): number | undefined {
  const numbers = text.split(",").map((each) => each.trim());
  return numbers.every((each) => SECONDS.test(each))
    ? Math.ceil(Math.max(...numbers.map(Number)) * 1000)
    : undefined;
}

/** Returns the time until a date. `now` is the time of the server, whose clock may differ from this one. */
function msUntil(text: string, now: number): number | undefined {
  const at = parseDate(text);
  return at === undefined ? undefined : at - now;
}

function parseDate(text: string | null): number | undefined {
  if (text === null || !DATE.test(text)) return undefined;
  // The oldest format of HTTP has no time zone. It is in UTC, too.
  const at = Date.parse(/ \d{4}$/.test(text) ? `${text} GMT` : text);
  return Number.isNaN(at) ? undefined : at;
}
