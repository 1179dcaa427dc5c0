/** Units of time that arguments may use, in milliseconds. */
export const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

const AGO_UNITS = [
  ["d", UNITS_MS.d],
  ["h", UNITS_MS.h],
  ["min", UNITS_MS.m],
] as const;

/** `2026-11-24 08:15`, in UTC; empty for `undefined`. */
export function formatTime(date: Date | undefined): string {
  return date === undefined ? "" : date.toISOString().slice(0, 16).replace("T", " ");
}

/** `in 10 h`: a future time, in its largest unit, rounded up; `now` for 0. */
export function formatIn(ms: number): string {
  if (ms <= 0) return "now";
  const unit = AGO_UNITS.find(([, unitMs]) => ms >= unitMs);
  return unit === undefined
    ? `in ${Math.ceil(ms / UNITS_MS.s)} s`
    : `in ${Math.ceil(ms / unit[1])} ${unit[0]}`;
}

/** `3 h ago`: the time since a date, in its largest unit. */
export function formatAgo(date: Date | undefined, now = Date.now()): string {
  if (date === undefined) return "never";
  const ms = Math.max(0, now - date.getTime());
  const unit = AGO_UNITS.find(([, unitMs]) => ms >= unitMs);
  return unit === undefined ? "just now" : `${Math.floor(ms / unit[1])} ${unit[0]} ago`;
}
