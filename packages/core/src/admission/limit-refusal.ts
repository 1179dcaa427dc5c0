import type { Policy } from "../limits/limits.ts";
import type { Rules } from "../limits/rules.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";
import type { ResponseHeaders } from "./decision.ts";
import { limitOf, retryAfterField, type ChargedLimits } from "./headers.ts";
import type { Refusal } from "./refusal.ts";

/** A request that a limiter refused. */
interface RefusedByLimits {
  readonly violated: readonly Policy[];
  readonly retryAfterMs: number;
}

/** The refusal of a request that is over its limits. */
export function limitRefusal(
  { violated, retryAfterMs }: RefusedByLimits,
  states: readonly ChargedLimits[],
  headers: ResponseHeaders,
): Refusal {
  if (retryAfterMs === Infinity) return { code: "cost-exceeds-limits", violated, headers };
  return {
    code: "rate-limit-exceeded",
    violated,
    detail: `Rate limit exceeded: ${describe(states, violated)}. Retry in ${formatWait(retryAfterMs)}.`,
    headers: { ...headers, "Retry-After": retryAfterField(retryAfterMs) },
  };
}

/** The last policy that refuses, which is the one that usually waits longest. */
function describe(states: readonly ChargedLimits[], violated: readonly Policy[]): string {
  const policy = violated.at(-1) ?? "";
  const state = states.find(({ result }) => policy in result.remaining);
  return state === undefined ? policy : describePolicy(state.rules, policy);
}

/** Groups digits: `1,000,000`. The first `Intl.NumberFormat` of a process would take as long as loading this package. */
const formatCount = (count: number) => String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");

const PERIODS: Readonly<Record<string, string>> = {
  hourly: "hour",
  daily: "day",
  weekly: "week",
  monthly: "month",
};

function describePolicy(rules: Rules, policy: Policy): string {
  const { limits } = rules;
  const limit = limitOf(rules, policy);
  const requests = `${formatCount(limit)} ${limit === 1 ? "request" : "requests"}`;
  const isPaced = policy === rules.sustainedPolicy || policy === rules.burstPolicy;
  const period = isPaced
    ? `${policy === rules.burstPolicy ? "in any" : "per"} ${limits.per ?? "second"}`
    : `per ${PERIODS[rules.quotas.find((quota) => quota.policy === policy)?.name ?? ""]} (${limits.timeZone ?? "UTC"})`;
  const suffix = isPaced
    ? policy.replace(/(?:sustained|burst)$/, "")
    : policy.replace(/(?:hourly|daily|weekly|monthly)$/, "");
  return `${requests} ${period}${describeOwner(suffix.slice(0, -1))}`;
}

/** @param name `owner`, a budget's name, or nothing for a key line */
function describeOwner(name: string): string {
  if (name === "") return "";
  return name === "owner" ? " for all keys of this customer" : ` for ${name}`;
}

function formatWait(ms: number): string {
  if (ms < 2 * MINUTE_MS) return `${Math.max(1, Math.ceil(ms / SECOND_MS))} s`;
  return ms < 2 * HOUR_MS ? `${Math.ceil(ms / MINUTE_MS)} min` : `${Math.ceil(ms / HOUR_MS)} h`;
}
