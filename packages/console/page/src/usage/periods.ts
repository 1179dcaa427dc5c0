import type { UsageRow } from "../api/client.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export type Per = "hour" | "day";

/** The limits that a request can be refused by. */
export const POLICIES = ["sustained", "burst", "daily"] as const;

/** The hours of the last day, or the days of the last thirty, with the current one as the last. UTC. */
export function periodOf(
  per: Per,
  now: number,
): { readonly from: Date; readonly to: Date; readonly per: Per } {
  const stepMs = per === "hour" ? HOUR_MS : DAY_MS;
  const to = (Math.floor(now / stepMs) + 1) * stepMs;
  return { from: new Date(to - stepMs * (per === "hour" ? 24 : 30)), to: new Date(to), per };
}

/** A slot of the plot: every one there is, with or without any use. */
export interface Slot {
  readonly start: Date;
  readonly label: string;
  readonly admitted: number;
  readonly refused: number;
  readonly sustained: number;
  readonly burst: number;
  readonly daily: number;
}

const hour = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  // Else midnight would be 24:00.
  hourCycle: "h23",
  timeZone: "UTC",
});
const day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" });

export function slotsOf(
  rows: readonly UsageRow[],
  { from, to, per }: ReturnType<typeof periodOf>,
): readonly Slot[] {
  const stepMs = per === "hour" ? HOUR_MS : DAY_MS;
  const byStart = new Map(rows.map((row) => [new Date(row.start).getTime(), row]));
  const slots: Slot[] = [];
  for (let at = from.getTime(); at < to.getTime(); at += stepMs) {
    const row = byStart.get(at);
    const start = new Date(at);
    slots.push({
      start,
      label: (per === "hour" ? hour : day).format(start),
      admitted: row?.cost ?? 0,
      refused: row?.refused ?? 0,
      sustained: row?.refusedBy.sustained ?? 0,
      burst: row?.refusedBy.burst ?? 0,
      daily: row?.refusedBy.daily ?? 0,
    });
  }
  return slots;
}
