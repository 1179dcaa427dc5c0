let locale = "en";
let formats = formatsOf(locale);

function formatsOf(tag: string) {
  return {
    integer: new Intl.NumberFormat(tag),
    moment: new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "short" }),
    // Its words stand in English sentences.
    relative: new Intl.RelativeTimeFormat(tag.startsWith("en") ? tag : "en", { numeric: "always" }),
  };
}

/** Sets how dates and numbers are written. A browser that does not know the language uses its own. */
export function setLocale(tag: string): void {
  locale = tag;
  formats = formatsOf(tag);
}

export function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, options);
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Units with their length and the shortest time that they are used for. */
const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number, number])[] = [
  ["year", 365 * DAY_MS, 700 * DAY_MS],
  ["month", 30 * DAY_MS, 60 * DAY_MS],
  ["day", DAY_MS, 36 * HOUR_MS],
  ["hour", HOUR_MS, 90 * MINUTE_MS],
  ["minute", MINUTE_MS, MINUTE_MS],
];

/** A number with thousands separators. */
export function count(value: number): string {
  return formats.integer.format(value);
}

/** `14 %`, of a whole that may be 0. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "0 %";
  const value = (100 * part) / whole;
  return value > 0 && value < 1 ? "< 1 %" : `${Math.round(value)} %`;
}

/** `1 key`, `1,200 keys`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** `3 hours ago`, `in 7 days`. Rounded to the nearest unit. */
export function relativeTime(time: string | number, now = Date.now()): string {
  const ms = new Date(time).getTime() - now;
  for (const [unit, size, min] of STEPS) {
    if (Math.abs(ms) >= min) return formats.relative.format(Math.round(ms / size), unit);
  }
  return ms > 0 ? "in less than a minute" : "just now";
}

/** Date and time in the browser's time zone. */
export function dateTime(time: string | number): string {
  return formats.moment.format(new Date(time));
}

/** `prod_…AqZIfJvv`: short enough for a list. */
export function shortMask(masked: string): string {
  return masked.replace(/\*[*-]*/, "…");
}
