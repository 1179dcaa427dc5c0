import type { UsageRow } from "../api/client.ts";
import type { UsagePeriod } from "../api/queries.ts";
import { dateFormat } from "../ui/format.ts";

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Milliseconds of a slot. */
export const STEP_MS = { minute: 60_000, hour: HOUR_MS, day: DAY_MS } as const;

/** The periods that can be shown. Hours and days are UTC. */
export const RANGES = [
  { name: "1h", label: "1 hour", per: "minute", steps: 60 },
  { name: "24h", label: "24 hours", per: "hour", steps: 24 },
  { name: "7d", label: "7 days", per: "hour", steps: 168 },
  { name: "30d", label: "30 days", per: "day", steps: 30 },
  { name: "90d", label: "90 days", per: "day", steps: 90 },
] as const;

export type Range = (typeof RANGES)[number];

export const DEFAULT_RANGE: Range = RANGES[1];

/** The period of a range, with the current hour or day as its last. */
export function periodOf({ per, steps }: Range, now: number): UsagePeriod {
  const stepMs = STEP_MS[per];
  const to = (Math.floor(now / stepMs) + 1) * stepMs;
  return { from: new Date(to - stepMs * steps).toISOString(), to: new Date(to).toISOString(), per };
}

/** The longest period that is shown by minute, and the time for which minutes are kept. */
const MAX_MINUTES_MS = 3 * HOUR_MS;
const MINUTES_KEPT_MS = 3 * DAY_MS;
/** The longest period that is shown by hour. */
const MAX_HOURS_MS = 8 * DAY_MS;
/** The longest period that the API returns by day. */
const MAX_DAYS_MS = 400 * DAY_MS;

/** A period that was chosen by its ends: in minutes where it is short and recent, in days where it is long, otherwise in hours. */
export function periodBetween(from: number, to: number, now = Date.now()): UsagePeriod {
  const hasMinutes = to - from <= MAX_MINUTES_MS && from > now - MINUTES_KEPT_MS;
  const per = hasMinutes ? "minute" : to - from <= MAX_HOURS_MS ? "hour" : "day";
  const stepMs = STEP_MS[per];
  const end = Math.ceil(to / stepMs) * stepMs;
  const start = Math.max(Math.floor(from / stepMs) * stepMs, end - MAX_DAYS_MS);
  return {
    from: new Date(start).toISOString(),
    to: new Date(Math.max(end, start + stepMs)).toISOString(),
    per,
  };
}

/** One minute, hour or day, with or without any use. */
export interface Slot {
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly allowed: number;
  readonly refused: number;
  readonly cost: number;
  readonly observed: number;
  readonly refusedBy: UsageRow["refusedBy"];
}

/** The counts of a row that charts show. */
type ChartRow = Pick<UsageRow, "start" | "admitted" | "refused" | "cost" | "observed" | "refusedBy">;

/** Every minute, hour or day of a period, oldest first. */
export function slotsOf(rows: readonly ChartRow[], { from, to, per }: UsagePeriod): readonly Slot[] {
  const stepMs = STEP_MS[per];
  const byStart = new Map(rows.map((row) => [new Date(row.start).getTime(), row]));
  const slots: Slot[] = [];
  for (let start = new Date(from).getTime(); start < new Date(to).getTime(); start += stepMs) {
    const row = byStart.get(start);
    slots.push({
      start,
      allowed: row?.admitted ?? 0,
      refused: row?.refused ?? 0,
      cost: row?.cost ?? 0,
      observed: row?.observed ?? 0,
      refusedBy: row?.refusedBy ?? {},
    });
  }
  return slots;
}

/** The hours of a period of which the sums are known. */
export function slotsBetween(
  hours: readonly { readonly start: string; readonly admitted: number; readonly refused: number }[],
  from: string,
  to: string,
): readonly Slot[] {
  const rows = hours.map((hour) => ({ ...hour, cost: hour.admitted, observed: 0, refusedBy: {} }));
  return slotsOf(rows, { from, to, per: "hour" });
}

/** The label of a slot, such as `May 3, 14:00 UTC`. Days are always UTC. */
export function slotLabel(start: number, per: UsagePeriod["per"], isUtc: boolean): string {
  const timeZone = isUtc || per === "day" ? { timeZone: "UTC" } : {};
  const format = dateFormat({
    month: "short",
    day: "numeric",
    ...(per !== "day" && { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    ...timeZone,
  });
  return `${format.format(start)}${isUtc || per === "day" ? " UTC" : ""}`;
}
