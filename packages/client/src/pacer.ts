import type { LimitState } from "./limit-fields.ts";
import { QUOTA_WINDOW_MS } from "./quota.ts";

/** Parts of the published rate. The maximum is below 1, because requests may arrive closer together than they were sent. */
const MAX_SHARE = 0.995;
const MIN_SHARE = 0.001;
/** Other processes may be using the limits already. Without them, the whole rate is reached within a second. */
const FIRST_SHARE = 0.1;

/** Sends requests evenly, at the rate of the strictest policy that the server publishes. */
export interface Pacer {
  /** Reserves the next place. Returns its time, in milliseconds since the epoch. */
  reserve(now: number): number;
  /** Takes note of a response. */
  learn(limits: readonly LimitState[], isRefused: boolean, waitMs: number, now: number): void;
}

type RateLimit = LimitState & { readonly quota: number; readonly windowMs: number };

/**
 * Creates a pacer. Alone, it keeps the published rate. Where other processes use the same limits, less remains than its own
 * requests explain: with less than a quarter of what should remain it slows down, with more than a half it speeds up.
 */
export function createPacer(): Pacer {
  let intervalMs = 0;
  let share = FIRST_SHARE;
  let nextAt = 0;
  let slowedAt = 0;

  return {
    reserve(now) {
      const at = Math.max(now, nextAt);
      nextAt = at + intervalMs / share;
      return at;
    },
    learn(limits, isRefused, waitMs, now) {
      const rates = limits.filter(isRate);
      if (rates.length > 0) intervalMs = Math.max(...rates.map(({ quota, windowMs }) => windowMs / quota));
      if (isRefused) {
        nextAt = Math.max(nextAt, now + waitMs);
        // Refusals at the same time are one reason to slow down.
        if (now - slowedAt >= waitMs) share = Math.max(MIN_SHARE, share * 0.5);
        slowedAt = now;
        return;
      }
      const left = Math.min(1, ...rates.map((rate) => remainingPart(rate, now)));
      if (left < 0.25) share = Math.max(MIN_SHARE, share * 0.9);
      else if (left > 0.5) share = Math.min(MAX_SHARE, share * (left > 0.9 ? 1.5 : 1.1));
    },
  };
}

/** Recognizes limits on the number of requests in a short window. */
function isRate(limit: LimitState): limit is RateLimit {
  const { unit, quota = 0, windowMs = QUOTA_WINDOW_MS } = limit;
  return unit === "requests" && quota > 0 && windowMs < QUOTA_WINDOW_MS;
}

/** Returns the remaining quota as a part of what should remain at this time of the window. */
function remainingPart({ quota, remaining, resetAt, windowMs }: RateLimit, now: number): number {
  if (remaining === undefined || resetAt === undefined) return 1;
  const windowPart = Math.min(1, (resetAt.getTime() - now) / windowMs);
  return windowPart <= 0 ? 1 : remaining / quota / windowPart;
}
