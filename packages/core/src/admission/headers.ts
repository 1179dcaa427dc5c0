/**
 * The only writer of RateLimit, RateLimit-Policy, Retry-After and WWW-Authenticate.
 *
 * RateLimit fields follow draft-ietf-httpapi-ratelimit-headers: structured fields (RFC 9651), `q` and
 * `r` in requests, `w` and `t` in seconds.
 */
import type { LimitResult } from "../limits/limiter.ts";
import type { Policy } from "../limits/limits.ts";
import type { Period } from "../limits/periods.ts";
import type { PolicyField, QuotaRule, Rules } from "../limits/rules.ts";
import { Standing } from "../limits/standing.ts";
import { SECOND_MS } from "../time.ts";
import type { ResponseHeaders } from "./decision.ts";
import { BEARER } from "./presented-key.ts";

/** The state of one subject's limits after a decision. */
export interface ChargedLimits {
  readonly rules: Rules;
  readonly result: LimitResult;
}

function wholeSeconds(ms: number): number {
  return Math.ceil(ms / SECOND_MS);
}

function policyField(rules: Rules, now: number): string {
  const cached = rules.policyField;
  if (cached !== undefined && (cached.isConstant || isCurrent(cached, rules, now))) return cached.value;
  const periods = rules.quotas.map(({ calendar }) => calendar.periodAt(now));
  const isConstant = rules.quotas.every(({ calendar }) => calendar.hasEqualPeriods);
  const value = writePolicies(rules, periods);
  rules.policyField = { value, periods, isConstant };
  return value;
}

function isCurrent({ periods }: PolicyField, { quotas }: Rules, now: number): boolean {
  return quotas.every(({ calendar }, index) => calendar.periodAt(now) === periods[index]);
}

function writePolicies(
  { pace, sustainedPolicy, burstPolicy, quotas }: Rules,
  periods: readonly Period[],
): string {
  const fields: string[] = [];
  if (pace !== undefined) {
    const window = pace.perMs / SECOND_MS;
    fields.push(
      `"${sustainedPolicy}";q=${pace.rate};w=${window}`,
      `"${burstPolicy}";q=${pace.burst};w=${window}`,
    );
  }
  for (const [index, { policy, limit }] of quotas.entries()) {
    const { startMs, endMs } = periods[index] as Period;
    fields.push(`"${policy}";q=${limit};w=${wholeSeconds(endMs - startMs)}`);
  }
  return fields.join(", ");
}

function limitField(rules: Rules, result: LimitResult): string {
  return result instanceof Standing && result.rules === rules ? standingField(result) : resultField(result);
}

/** The same as {@link resultField}, without the records in between. */
function standingField(standing: Standing): string {
  const { pace, sustainedPolicy, burstPolicy, quotas } = standing.rules;
  const paced =
    pace === undefined
      ? ""
      : `"${sustainedPolicy}";r=${standing.remainingSustained()};t=${wholeSeconds(standing.resetSustainedMs())}, "${burstPolicy}";r=${standing.remainingBurst()};t=${wholeSeconds(standing.resetBurstMs())}`;
  let field = paced;
  for (let index = 0; index < quotas.length; index += 1) {
    const { policy } = quotas[index] as QuotaRule;
    const quota = `"${policy}";r=${standing.remainingQuota(index)};t=${wholeSeconds(standing.resetQuotaMs(index))}`;
    field = field === "" ? quota : `${field}, ${quota}`;
  }
  return field;
}

function resultField({ remaining, resetMs }: LimitResult): string {
  return Object.entries(remaining)
    .map(([policy, left]) => `"${policy}";r=${left};t=${wholeSeconds(resetMs[policy] ?? 0)}`)
    .join(", ");
}

/** Seconds for Retry-After: rounded up, and never 0. */
export function retryAfterField(retryAfterMs: number): string {
  return String(Math.max(1, wholeSeconds(retryAfterMs)));
}

/** The limit of a policy, in requests. */
export function limitOf(rules: Rules, policy: Policy): number {
  if (policy === rules.sustainedPolicy) return rules.pace?.rate ?? Infinity;
  if (policy === rules.burstPolicy) return rules.pace?.burst ?? Infinity;
  return rules.quotas.find((quota) => quota.policy === policy)?.limit ?? Infinity;
}

/** The older, unstandardized trio, for the policy that has least left. Reset is in epoch seconds. */
function legacyFields(states: readonly ChargedLimits[], now: number): ResponseHeaders {
  const { rules, policy, remaining, resetMs } = tightestOf(states);
  return {
    "X-RateLimit-Limit": String(limitOf(rules, policy)),
    "X-RateLimit-Remaining": String(remaining),
    "X-RateLimit-Reset": String(wholeSeconds(now + resetMs)),
  };
}

/** The fields of a request that only its key line is charged for. */
export function singleLimitHeaders(rules: Rules, result: LimitResult, now: number): ResponseHeaders {
  return { "RateLimit-Policy": policyField(rules, now), RateLimit: limitField(rules, result) };
}

/** Policies in `RateLimit` and `RateLimit-Policy`: all, the one with the fewest requests left, or none (`false`). */
export type RateLimitHeaders = "all" | "tightest" | false;

/** Selects the header fields of responses. */
export interface LimitFields {
  readonly rateLimitHeaders: RateLimitHeaders;
  readonly legacyHeaders: boolean;
}

/** The fields of every admitted request, and of every refusal by a limit. Nothing where nothing is limited. */
export function limitHeaders(
  states: readonly ChargedLimits[],
  now: number,
  fields: LimitFields,
): ResponseHeaders {
  const { rateLimitHeaders, legacyHeaders } = fields;
  if (states.length === 0) return {};
  return {
    ...(rateLimitHeaders === "all" && allFields(states, now)),
    ...(rateLimitHeaders === "tightest" && tightestFields(states, now)),
    ...(legacyHeaders && legacyFields(states, now)),
  };
}

function allFields(states: readonly ChargedLimits[], now: number): ResponseHeaders {
  return {
    "RateLimit-Policy": states.map(({ rules }) => policyField(rules, now)).join(", "),
    RateLimit: states.map(({ rules, result }) => limitField(rules, result)).join(", "),
  };
}

function tightestFields(states: readonly ChargedLimits[], now: number): ResponseHeaders {
  const { rules, policy, remaining, resetMs } = tightestOf(states);
  return {
    "RateLimit-Policy": `"${policy}";q=${limitOf(rules, policy)};w=${windowOf(rules, policy, now)}`,
    RateLimit: `"${policy}";r=${remaining};t=${wholeSeconds(resetMs)}`,
  };
}

interface Tightest {
  readonly rules: Rules;
  readonly policy: Policy;
  readonly remaining: number;
  readonly resetMs: number;
}

/** The policy with the fewest requests left; of several, the one that takes longest to be whole again. */
function tightestOf(states: readonly ChargedLimits[]): Tightest {
  let tightest: Tightest | undefined;
  for (const { rules, result } of states) {
    for (const [policy, remaining] of Object.entries(result.remaining)) {
      const resetMs = result.resetMs[policy] ?? 0;
      const isTighter =
        tightest === undefined ||
        remaining < tightest.remaining ||
        (remaining === tightest.remaining && resetMs > tightest.resetMs);
      if (isTighter) tightest = { rules, policy, remaining, resetMs };
    }
  }
  // Rules have at least one policy.
  return tightest as Tightest;
}

/** The window of a policy, or the length of its current period, in seconds. */
function windowOf(rules: Rules, policy: Policy, now: number): number {
  const quota = rules.quotas.find((each) => each.policy === policy);
  if (quota === undefined) return (rules.pace?.perMs ?? 0) / SECOND_MS;
  const { startMs, endMs } = quota.calendar.periodAt(now);
  return wholeSeconds(endMs - startMs);
}

/** The fields for an address that failed too often. It has no key, and therefore no limits. */
export function attemptHeaders(limit: number, windowMs: number, retryAfterMs: number): ResponseHeaders {
  const seconds = retryAfterField(retryAfterMs);
  return {
    "RateLimit-Policy": `"failed-attempts";q=${limit};w=${wholeSeconds(windowMs)}`,
    RateLimit: `"failed-attempts";r=0;t=${seconds}`,
    "Retry-After": seconds,
  };
}

/** The `WWW-Authenticate` field of every 401 (RFC 9110, section 11.6.1): one challenge for each place in `keyFrom`. */
export function challengeField(realm: string, keyFrom: readonly string[]): string {
  return keyFrom
    .map((place) =>
      place === BEARER ? `Bearer realm="${realm}"` : `ApiKey realm="${realm}", header="${place}"`,
    )
    .join(", ");
}
