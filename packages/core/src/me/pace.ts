import type { Limits, Policy } from "../limits/limits.ts";
import { isQuotaPolicy } from "../limits/policies.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";
import type { UsageCounts } from "../usage/usage.ts";

/** The refusals of a day that an even pace would have avoided. */
export interface PaceAdvice {
  /** The UTC day, such as `2026-05-01`. */
  readonly day: string;
  /** Requests that `sustained` or `burst` of the key line refused. */
  readonly refusedByPace: number;
  /** Those of them that would have been admitted if each minute's requests had been sent evenly within the minute. */
  readonly avoidable: number;
  /** The pace of the busiest of those minutes, in requests per second. 0 where no refusal was avoidable. */
  readonly requestsPerSecond: number;
  /** Requests that calendar quotas refused. No pace avoids those. */
  readonly refusedByQuota: number;
}

const PER_MS = { second: SECOND_MS, minute: MINUTE_MS, hour: HOUR_MS } as const;

/**
 * Works out which refusals an even pace would have avoided. `undefined` where there were none.
 *
 * @param minutes the usage of the key line in each minute of the day
 */
export function advisePace(
  day: string,
  minutes: readonly UsageCounts[],
  { rate, per = "second" }: Limits,
): PaceAdvice | undefined {
  const perMinute = rate === undefined ? Infinity : (rate * MINUTE_MS) / PER_MS[per];
  const advice = { day, refusedByPace: 0, avoidable: 0, requestsPerSecond: 0, refusedByQuota: 0 };
  for (const { admitted, refusedBy } of minutes) {
    const byPace = mostOf(refusedBy, (policy) => policy === "sustained" || policy === "burst");
    advice.refusedByQuota += mostOf(refusedBy, isQuotaPolicy);
    advice.refusedByPace += byPace;
    const demand = admitted + byPace;
    if (byPace === 0 || demand > perMinute) continue;
    advice.avoidable += byPace;
    advice.requestsPerSecond = Math.max(advice.requestsPerSecond, demand / (MINUTE_MS / SECOND_MS));
  }
  const { refusedByPace, refusedByQuota, requestsPerSecond } = advice;
  if (refusedByPace === 0 && refusedByQuota === 0) return undefined;
  return { ...advice, requestsPerSecond: Math.ceil(requestsPerSecond * 100) / 100 };
}

/** A request can be over several policies, so that the greatest count stands for all of them. */
function mostOf(refusedBy: UsageCounts["refusedBy"], isCounted: (policy: Policy) => boolean): number {
  const counts = Object.entries(refusedBy).filter(([policy]) => isCounted(policy));
  return Math.max(0, ...counts.map(([, refused]) => refused));
}
