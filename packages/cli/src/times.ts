import { InvalidArgumentError } from "commander";

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** `90d`, `24h`, `30m`: milliseconds. */
export function parseDuration(text: string): number {
  const [, count, unit] = /^(\d+)([smhdw])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError("Wants a number and s, m, h, d or w, such as 90d.");
  return Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
}

/** A duration from now, or a date: `90d`, `2027-01-31`, `2027-01-31T12:00:00Z`. */
export function parseExpiry(text: string): Date {
  if (/^\d+[smhdw]$/.test(text)) return new Date(Date.now() + parseDuration(text));
  const date = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError("Wants a duration such as 90d, or a date such as 2027-01-31.");
  }
  return date;
}

/** `2026-11-24 08:15` in UTC. */
export function formatTime(date: Date | undefined): string {
  return date === undefined ? "" : date.toISOString().slice(0, 16).replace("T", " ");
}

/** How long ago, in its largest unit: `3 h ago`. */
export function formatAgo(date: Date | undefined, now = Date.now()): string {
  if (date === undefined) return "never";
  const ms = Math.max(0, now - date.getTime());
  const [name, unitMs] =
    (
      [
        ["d", UNITS_MS.d],
        ["h", UNITS_MS.h],
        ["min", UNITS_MS.m],
      ] as const
    ).find(([, unit]) => ms >= unit) ?? [];
  return name === undefined || unitMs === undefined ? "just now" : `${Math.floor(ms / unitMs)} ${name} ago`;
}
