import type { KeywardEventMap, KeywardListeners } from "../events.ts";
import { HOUR_MS } from "../time.ts";
import { toAlertKey } from "./alert.ts";
import type { Tell } from "./tell.ts";

/** The number of requests without a valid key that are a spike, and the time within which they arrive. */
export interface Spike {
  readonly limit: number;
  readonly windowMs: number;
}

const FAILED = new Set(["missing-api-key", "invalid-api-key", "too-many-failed-attempts"]);

/** Alerts when revoked keys are tried, when attempts fail, and when the limiter or the store does. At most once an hour each; for failed attempts, once a window. */
export function watchFailures(tell: Tell, spike: Spike, clock: () => number): KeywardListeners {
  let window = { from: Number.NEGATIVE_INFINITY, count: 0 };

  function countFailure(): void {
    const now = clock();
    const from = Math.floor(now / spike.windowMs) * spike.windowMs;
    if (from !== window.from) window = { from, count: 0 };
    window.count += 1;
    if (window.count !== spike.limit) return;
    const { count } = window;
    const { windowMs } = spike;
    tell({ type: "failed-attempts", id: `failed-attempts:${from}`, at: new Date(now), count, windowMs });
  }

  return {
    refused({ code, key, ip }) {
      if (FAILED.has(code)) countFailure();
      if (key === undefined || code !== "revoked-api-key") return;
      const now = clock();
      const id = `revoked-key-tried:${key.id}:${hourOf(now)}`;
      tell({ type: "revoked-key-tried", id, at: new Date(now), key: toAlertKey(key), ip });
    },
    "limiter.degraded"({ error }) {
      const now = clock();
      const id = `limiter-degraded:${hourOf(now)}`;
      tell({ type: "limiter-degraded", id, at: new Date(now), reason: reasonOf(error) });
    },
    "store.failed"({ during, error }: KeywardEventMap["store.failed"]) {
      const now = clock();
      const id = `store-failing:${hourOf(now)}`;
      tell({ type: "store-failing", id, at: new Date(now), during, reason: reasonOf(error) });
    },
  };
}

function hourOf(now: number): number {
  return Math.floor(now / HOUR_MS);
}

/** The code of an error, because messages of drivers can have addresses and user names. */
function reasonOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : "unknown";
}
