import { LRUCache } from "lru-cache";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { clientOf } from "./client-address.ts";

export interface FailedAttemptsOptions {
  /** Failures of one client that get their specific error; further ones get 429. */
  readonly limit: number;
  /** Counted from a client's first failure, in milliseconds; whole seconds. */
  readonly windowMs: number;
  /** How many clients are counted at once; the one unseen for longest is dropped first. */
  readonly maxClients: number;
}

/**
 * Counts requests that failed at the header, the form or the look-up of the key, by client address in its normal form.
 * Requests without a known address are not counted: one count for all of them would refuse everybody for the failures of
 * one. All methods return the milliseconds to wait, or 0.
 */
export interface AttemptGuard {
  /** Counts a failure. */
  fail(address: string | undefined): Promise<number>;
  /**
   * Asks to look up a key that carries no proof. A client over its limit may still have a few looked up each second, so
   * that a valid key is found among the failures of its neighbours.
   */
  lookUp(address: string | undefined): Promise<number>;
  close(): void;
}

/** Look-ups that a client over its limit can cause in a second. */
const LOOK_UPS_PER_SECOND = 10;

/**
 * The guard, on rate-limiter-flexible's fixed windows: at its best where a count has to be cheap and
 * roughly right. Its memory is bounded by dropping the clients that were not seen for longest.
 */
export function createAttemptGuard(options: FailedAttemptsOptions): AttemptGuard {
  const failures = new RateLimiterMemory({ points: options.limit, duration: options.windowMs / 1000 });
  const lookUps = new RateLimiterMemory({ points: LOOK_UPS_PER_SECOND, duration: 1 });
  const seen = new LRUCache<string, true>({
    max: options.maxClients,
    dispose: (_value, client, reason) => {
      if (reason === "set") return;
      void failures.delete(client);
      void lookUps.delete(client);
    },
  });

  return {
    async fail(address) {
      if (address === undefined) return 0;
      const client = clientOf(address);
      seen.set(client, true);
      return consume(failures, client);
    },
    async lookUp(address) {
      if (address === undefined) return 0;
      const client = clientOf(address);
      const count = await failures.get(client);
      if (count === null || count.consumedPoints <= options.limit) return 0;
      seen.set(client, true);
      return (await consume(lookUps, client)) === 0 ? 0 : Math.max(1, count.msBeforeNext);
    },
    close: () => seen.clear(),
  };
}

async function consume(limiter: RateLimiterMemory, client: string): Promise<number> {
  try {
    await limiter.consume(client);
    return 0;
  } catch (rejection) {
    // The library rejects with a result when the limit is exceeded, and with an error when it fails.
    if (rejection instanceof RateLimiterRes) return Math.max(1, rejection.msBeforeNext);
    throw rejection;
  }
}
