import { QuotaExhaustedError } from "./errors.ts";
import type { LimitState } from "./limit-fields.ts";

/** Limits with a window of at least an hour are quotas, which are not paced. */
export const QUOTA_WINDOW_MS = 3_600_000;

/** While a quota is exhausted, one call per interval is still sent, because the quota may have been raised. */
const PROBE_INTERVAL_MS = 60_000;

/** Returns the error for a refusal that a quota caused; `undefined` if another limit did. */
export function exhaustedQuota(
  limits: readonly LimitState[],
  waitMs: number,
  now: number,
): QuotaExhaustedError | undefined {
  const quota = limits.find(({ windowMs, remaining, resetAt }) => {
    const resetMs = resetAt ? resetAt.getTime() - now : undefined;
    const isQuota = (windowMs ?? resetMs ?? 0) >= QUOTA_WINDOW_MS;
    return isQuota && (remaining === 0 || (resetMs !== undefined && waitMs >= resetMs));
  });
  return quota && new QuotaExhaustedError(quota.name, new Date(now + waitMs));
}

/** Remembers an exhausted quota, so that calls that it would refuse are not sent. */
export interface QuotaMemory {
  /** Records the quota that refused the latest request, or `undefined`. */
  remember(exhausted: QuotaExhaustedError | undefined, now: number): void;
  /** Throws if a call with this deadline would be refused. Lets one call a minute pass. */
  check(deadlineAt: number, now: number): void;
}

export function createQuotaMemory(): QuotaMemory {
  let exhausted: QuotaExhaustedError | undefined;
  let probeAt = 0;
  return {
    remember(error, now) {
      exhausted = error;
      probeAt = now + PROBE_INTERVAL_MS;
    },
    check(deadlineAt, now) {
      if (exhausted === undefined || exhausted.resetAt.getTime() <= deadlineAt) return;
      if (now < probeAt) throw new QuotaExhaustedError(exhausted.policy, exhausted.resetAt);
      probeAt = now + PROBE_INTERVAL_MS;
    },
  };
}
