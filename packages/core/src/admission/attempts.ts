import { LRUCache } from "lru-cache";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { clientOf } from "./client-address.ts";

export interface FailedAttemptsOptions {
  /** How many failures of one client are answered as what they are; those after it with 429. */
  readonly limit: number;
  /** Counted from a client's first failure, in milliseconds; whole seconds. */
  readonly windowMs: number;
  /** How many clients are counted at once; the one unseen for longest is dropped first. */
  readonly maxClients: number;
}

/** Counts requests that failed at the header, the form or the look-up of the key, by client address. */
export interface AttemptGuard {
  /** Counts a failure. Gives 0 while the client is within its limit, else the milliseconds to wait. */
  fail(address: string): Promise<number>;
  /** The same, without counting one. */
  waitMs(address: string): Promise<number>;
  close(): void;
}

/**
 * The guard, on rate-limiter-flexible's fixed windows: at its best where a count has to be cheap and
 * roughly right. Its memory is bounded by dropping the clients that were not seen for longest.
 */
export function createAttemptGuard(options: FailedAttemptsOptions): AttemptGuard {
  const limiter = new RateLimiterMemory({ points: options.limit, duration: options.windowMs / 1000 });
  const seen = new LRUCache<string, true>({
    max: options.maxClients,
    dispose: (_value, client, reason) => {
      if (reason !== "set") void limiter.delete(client);
    },
  });

  return {
    async fail(address) {
      const client = clientOf(address);
      seen.set(client, true);
      try {
        await limiter.consume(client);
        return 0;
      } catch (rejection) {
        // It rejects with its result where the client is over; anything else is a failure of its own.
        if (rejection instanceof RateLimiterRes) return Math.max(1, rejection.msBeforeNext);
        throw rejection;
      }
    },
    async waitMs(address) {
      const count = await limiter.get(clientOf(address));
      return count !== null && count.consumedPoints > options.limit ? Math.max(1, count.msBeforeNext) : 0;
    },
    close: () => seen.clear(),
  };
}
