import type { QuotaName } from "@keyward/core";

/** The calendar of a quota. */
export interface Zone {
  readonly timeZone: string;
  readonly monthStartsOn: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The local date, hour and offset at an instant, as the runtime prints them. */
function localParts(timeZone: string, at: number): Record<string, string> {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      hourCycle: "h23",
      timeZoneName: "longOffset",
    });
    formats.set(timeZone, format);
  }
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}

const labels = new Map<string, string>();

/** Names the period that contains an instant. Two instants are in one period if and only if they have one name. */
export function periodLabel(quota: QuotaName, zone: Zone, at: number): string {
  const minute = Math.floor(at / MINUTE_MS);
  const key = `${quota} ${zone.timeZone} ${zone.monthStartsOn} ${minute}`;
  const cached = labels.get(key);
  if (cached !== undefined) return cached;
  if (labels.size > 500_000) labels.clear();
  const label = labelOf(quota, zone, at);
  labels.set(key, label);
  return label;
}

function labelOf(quota: QuotaName, { timeZone, monthStartsOn }: Zone, at: number): string {
  const { year, month, day, hour, timeZoneName } = localParts(timeZone, at);
  if (quota === "hourly") return `${year}-${month}-${day} ${hour} ${timeZoneName}`;
  if (quota === "daily") return `${year}-${month}-${day}`;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (quota === "weekly") {
    while (date.getUTCDay() !== 1) date.setUTCDate(date.getUTCDate() - 1);
    return `week of ${date.toISOString().slice(0, 10)}`;
  }
  while (date.getUTCDate() !== monthStartsOn) date.setUTCDate(date.getUTCDate() - 1);
  return `month from ${date.toISOString().slice(0, 10)}`;
}

const starts = new Map<string, number>();

/** The first minute of the period that contains an instant, found by walking back. */
export function periodStart(quota: QuotaName, zone: Zone, at: number): number {
  const label = periodLabel(quota, zone, at);
  const key = `${quota} ${zone.timeZone} ${zone.monthStartsOn} ${label}`;
  const cached = starts.get(key);
  if (cached !== undefined) return cached;
  let start = Math.floor(at / MINUTE_MS) * MINUTE_MS;
  for (const step of [24 * HOUR_MS, HOUR_MS, MINUTE_MS]) {
    while (periodLabel(quota, zone, start - step) === label) start -= step;
  }
  starts.set(key, start);
  return start;
}
