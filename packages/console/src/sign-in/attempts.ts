import { clientOf } from "@keyward/core/adapter";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { ConsoleRequest } from "../authorize.ts";

export interface AttemptLimits {
  /** Attempts per window: of each client address, and of each browser that has signed in before. */
  readonly limit: number;
  /** Attempts per window of all browsers that have not signed in before. */
  readonly total: number;
  readonly windowMs: number;
}

/** An attempt that was counted. */
export interface CountedAttempt {
  /** Takes back what a successful attempt counted. */
  succeed(): Promise<void>;
}

export type AttemptVerdict = { readonly retryAfterMs: number } | { readonly attempt: CountedAttempt };

const EVERYONE = "everyone";

/**
 * Limits sign-in attempts per client address and in total. A browser that has signed in before has its own allowance, so that an
 * attack from many addresses does not lock the administrator out.
 */
export function createAttempts({ limit, total, windowMs }: AttemptLimits) {
  const duration = windowMs / 1000;
  const addresses = new RateLimiterMemory({ points: limit, duration });
  const devices = new RateLimiterMemory({ points: limit, duration });
  const everyone = new RateLimiterMemory({ points: total, duration });

  /** @param device the id of the browser, if it has signed in before */
  return async function count({ ip }: ConsoleRequest, device: string | undefined): Promise<AttemptVerdict> {
    if (device !== undefined && (await waitOf(devices, device)) === undefined) {
      return { attempt: { succeed: async () => void (await devices.delete(device)) } };
    }
    const client = clientOf(ip) ?? "unknown";
    const retryAfterMs = (await waitOf(addresses, client)) ?? (await waitOf(everyone, EVERYONE));
    if (retryAfterMs !== undefined) return { retryAfterMs };
    return {
      attempt: {
        async succeed() {
          await addresses.delete(client);
          await everyone.reward(EVERYONE, 1);
        },
      },
    };
  };
}

/** Counts one attempt. Returns how long to wait if there were too many. */
async function waitOf(limiter: RateLimiterMemory, key: string): Promise<number | undefined> {
  try {
    await limiter.consume(key);
    return undefined;
  } catch (rejection) {
    if (rejection instanceof RateLimiterRes) return rejection.msBeforeNext;
    throw rejection;
  }
}
