/// <reference path="../limits/rate-limiter-files.d.ts" />
import { LRUCache } from "lru-cache";
import RateLimiterMemory from "rate-limiter-flexible/lib/RateLimiterMemory.js";
import RateLimiterRes from "rate-limiter-flexible/lib/RateLimiterRes.js";
import { clientOf } from "../addresses/client-address.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import { attemptHeaders } from "./headers.ts";
import type { Refusal } from "./refusal.ts";

export interface FailedAttemptsOptions {
  /** Failures of one client that get their own response; further ones get 429. */
  readonly limit: number;
  /** Counted from a client's first failure, in milliseconds; whole seconds. */
  readonly windowMs: number;
  /** The number of clients that are counted at once. The one that was idle for longest is evicted first. */
  readonly maxClients: number;
}

/**
 * Counts requests that failed at the header, the form or the look-up of the key, by client address. Requests without a known address are not counted: with one count for all of them, one client's failures would refuse the others.
 */
export interface FailedAttempts {
  /** Counts a failure. Returns its refusal: `code`, or `too-many-failed-attempts` for a client that is over its limit. */
  fail(address: string, code: "missing-api-key" | "invalid-api-key"): MaybePromise<Refusal>;
  /**
   * Asks to look up a key that carries no proof. A client over its limit may still have a few looked up each second, so
   * that a valid key is found among the failures of its neighbours.
   */
  refuseLookUp(address: string): MaybePromise<Refusal | undefined>;
  close(): void;
}

/** Look-ups that a client over its limit can cause in a second. */
const LOOK_UPS_PER_SECOND = 10;

/** Counts nothing. */
export const noFailedAttempts: FailedAttempts = {
  fail: (_address, code) => ({ code }),
  refuseLookUp: () => undefined,
  close() {},
};

/**
 * The guard, on rate-limiter-flexible's fixed windows: at its best where a count has to be cheap and
 * roughly right. Its memory is bounded by dropping the clients that were not seen for longest.
 */
export function createFailedAttempts({ limit, windowMs, maxClients }: FailedAttemptsOptions): FailedAttempts {
  const failures = new RateLimiterMemory({ points: limit, duration: windowMs / 1000 });
  const lookUps = new RateLimiterMemory({ points: LOOK_UPS_PER_SECOND, duration: 1 });
  const seen = new LRUCache<string, true>({
    max: maxClients,
    dispose: (_value, client, reason) => {
      if (reason === "set") return;
      void failures.delete(client);
      void lookUps.delete(client);
    },
  });

  const tooMany = (waitMs: number): Refusal => ({
    code: "too-many-failed-attempts",
    headers: attemptHeaders(limit, windowMs, Math.max(1, waitMs)),
  });

  return {
    fail(address, code) {
      const client = clientOf(address);
      if (client === undefined) return { code };
      seen.set(client, true);
      return consume(failures, client).then((waitMs) => (waitMs === 0 ? { code } : tooMany(waitMs)));
    },
    refuseLookUp(address) {
      const client = clientOf(address);
      if (client === undefined) return undefined;
      return failures.get(client).then(async (count) => {
        if (count === null || count.consumedPoints <= limit) return undefined;
        seen.set(client, true);
        return (await consume(lookUps, client)) === 0 ? undefined : tooMany(count.msBeforeNext);
      });
    },
    close: () => seen.clear(),
  };
}

/** 0 if the client is within its limit, else the milliseconds to wait. */
async function consume(limiter: RateLimiterMemory, client: string): Promise<number> {
  try {
    await limiter.consume(client);
    return 0;
  } catch (rejection) {
    // It rejects with its result if the client is over its limit. Any other rejection is a failure of the limiter.
    if (rejection instanceof RateLimiterRes) return Math.max(1, rejection.msBeforeNext);
    throw rejection;
  }
}
