import { KeywardError } from "./errors.ts";
import type { Limiter, LimiterStatus } from "./limits/limiter.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import type { KeyStore } from "./store/key-store.ts";

/** How long a part may take to answer. A store waits longer than that for a database that hangs. */
const ANSWER_WITHIN_MS = 1500;

/**
 * The state of the parts. `failing` is a store that cannot be read and written; `degraded` is a limiter that decides without its server. The
 * status is the worst of them.
 */
export interface Health {
  readonly status: "ok" | "degraded" | "failing";
  readonly store: "ok" | "failing";
  readonly limiter: LimiterStatus;
  /** Why a part is not `ok`: the code of its error, such as `store-full`; `no-answer` where it did not answer in time. */
  readonly reasons: { readonly store?: string; readonly limiter?: string };
}

/** Asks the parts for their state. Never rejects, and takes less than 2 seconds. */
export async function readHealth(store: Pick<KeyStore, "ping">, limiter: Limiter): Promise<Health> {
  const [storeReason, limiterReason] = await Promise.all([
    reasonOf(() => store.ping()),
    reasonOf(() => limiter.ping?.()),
  ]);
  const storeStatus = storeReason === undefined ? "ok" : "failing";
  const limiterStatus = limiterReason === undefined ? (limiter.status?.() ?? "ok") : "degraded";
  const ofLimiter = limiterStatus === "ok" ? undefined : (limiterReason ?? "limiter-unavailable");
  return {
    status: storeStatus === "ok" ? limiterStatus : storeStatus,
    store: storeStatus,
    limiter: limiterStatus,
    reasons: {
      ...(storeReason !== undefined && { store: storeReason }),
      ...(ofLimiter !== undefined && { limiter: ofLimiter }),
    },
  };
}

/** Why a part does not answer; `undefined` if it does. */
async function reasonOf(ping: () => MaybePromise<void>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("no-answer"), ANSWER_WITHIN_MS);
  });
  const answered = Promise.resolve()
    .then(ping)
    .then(
      () => undefined,
      (error: unknown) => (error instanceof KeywardError ? error.code : "no-answer"),
    );
  try {
    return await Promise.race([answered, late]);
  } finally {
    clearTimeout(timer);
  }
}
