import type { LimitOverrides, OwnLimits, Pause } from "@keyward/core";
import { formatTime } from "../time.ts";

const PER = { second: "s", minute: "min", hour: "h" } as const;

const QUOTAS = [
  ["hourly", "hour"],
  ["daily", "day"],
  ["weekly", "week"],
  ["monthly", "month"],
] as const;

/** `200/s, burst 500, 2000/day (UTC)`. A limit that is removed reads `no daily quota`. */
export function describeLimits(limits: LimitOverrides): string {
  const { rate, per, burst, timeZone, monthStartsOn } = limits;
  const pace = rate == null ? [] : [`${rate}/${PER[per ?? "second"]}`, `burst ${burst ?? rate}`];
  const quotas = QUOTAS.flatMap(([name, unit]) => {
    const limit = limits[name];
    return limit == null ? [] : [`${limit}/${unit}`];
  });
  const removed = [
    ...(rate === null ? ["no rate"] : []),
    ...QUOTAS.filter(([name]) => limits[name] === null).map(([name]) => `no ${name} quota`),
  ];
  const calendar = [
    ...(quotas.length > 0 || timeZone != null ? [timeZone ?? "UTC"] : []),
    ...(monthStartsOn == null ? [] : [`months start on ${monthStartsOn}`]),
  ];
  const text = [...pace, ...quotas, ...removed].join(", ");
  return calendar.length === 0 ? text : `${text} (${calendar.join(", ")})`.trimStart();
}

/** Own limits, and when they expire. */
export function describeOwnLimits({ until, ...limits }: OwnLimits): string {
  const text = describeLimits(limits);
  return until === undefined ? text : `${text}, until ${formatTime(until)}`;
}

/** `since 2026-11-24 08:15, until 2026-11-25 08:15: invoice overdue`. */
export function describePause({ at, until, reason, by }: Pause): string {
  const end = until === undefined ? "" : `, until ${formatTime(until)}`;
  return `since ${formatTime(at)}${end}, by an ${by}${reason === undefined ? "" : `: ${reason}`}`;
}
