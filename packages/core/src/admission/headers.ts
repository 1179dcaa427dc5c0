/**
 * The only writer of RateLimit, RateLimit-Policy, Retry-After and WWW-Authenticate.
 *
 * RateLimit fields follow draft-ietf-httpapi-ratelimit-headers: structured fields (RFC 9651), `q` and
 * `r` in requests, `w` and `t` in seconds.
 */
import type { LimitResult } from "../limits/limiter.ts";
import type { Limits, Policy } from "../limits/limits.ts";
import type { ResponseHeaders } from "./decision.ts";

const POLICIES: readonly Policy[] = ["sustained", "burst", "daily"];

/** What never changes for given limits. Worked out once for a key. */
export function policyField(limits: Limits): string {
  return `"sustained";q=${limits.rate};w=1, "burst";q=${limits.burst};w=1, "daily";q=${limits.daily};w=86400`;
}

function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

/** Where each limit stands after the request. */
function limitField({ remaining, resetMs }: LimitResult): string {
  return (
    `"sustained";r=${remaining.sustained};t=${wholeSeconds(resetMs.sustained)}, ` +
    `"burst";r=${remaining.burst};t=${wholeSeconds(resetMs.burst)}, ` +
    `"daily";r=${remaining.daily};t=${wholeSeconds(resetMs.daily)}`
  );
}

/** Seconds as they stand in Retry-After: rounded up, and never 0. */
export function retryAfterField(retryAfterMs: number): string {
  return String(Math.max(1, wholeSeconds(retryAfterMs)));
}

/** The older, unstandardized trio, for the policy that has least left. Reset is in epoch seconds. */
function legacyFields(limits: Limits, { remaining, resetMs }: LimitResult, now: number): ResponseHeaders {
  const least = POLICIES.reduce((a, b) => (remaining[b] < remaining[a] ? b : a));
  const limit = least === "sustained" ? limits.rate : limits[least];
  return {
    "X-RateLimit-Limit": String(limit),
    "X-RateLimit-Remaining": String(remaining[least]),
    "X-RateLimit-Reset": String(wholeSeconds(now + resetMs[least])),
  };
}

/** What every admitted request and every refusal for a limit carries. */
export function limitHeaders(
  policy: string,
  limits: Limits,
  result: LimitResult,
  legacyAt: number | undefined,
): ResponseHeaders {
  const headers = { "RateLimit-Policy": policy, RateLimit: limitField(result) };
  return legacyAt === undefined ? headers : { ...headers, ...legacyFields(limits, result, legacyAt) };
}

/** What an address that failed too often is told. It has no key, hence no limits of its own. */
export function attemptHeaders(limit: number, windowMs: number, retryAfterMs: number): ResponseHeaders {
  const seconds = retryAfterField(retryAfterMs);
  return {
    "RateLimit-Policy": `"failed-attempts";q=${limit};w=${wholeSeconds(windowMs)}`,
    RateLimit: `"failed-attempts";r=0;t=${seconds}`,
    "Retry-After": seconds,
  };
}

/** How to authenticate, for every 401 (RFC 9110, section 11.6.1). */
export function challengeField(realm: string, header: string): string {
  return `ApiKey realm="${realm}", header="${header}"`;
}
