import type { Clock } from "./clock.ts";
import { KeywardError } from "./errors.ts";
import type { Limiter, LimiterStatus } from "./limits/limiter.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import type { KeyStore } from "./store/key-store.ts";

/** Time limit for the health check of a component. A store waits longer than this for a database that hangs. */
const ANSWER_WITHIN_MS = 1500;

/** The reason for which a part is not `ok`. */
export interface HealthReason {
  /** The code of its error, such as `store-full`; `no-answer` where it did not answer in time. */
  readonly code: string;
  /** The time at which this process first noticed. */
  readonly since: Date;
}

/**
 * The state of the parts. `failing` is a store that cannot be read and written; `degraded` is a limiter that decides without its server. The
 * status is the worst of them.
 */
export interface Health {
  readonly status: "ok" | "degraded" | "failing";
  readonly store: "ok" | "failing";
  readonly limiter: LimiterStatus;
  /** For each part that is not `ok`. */
  readonly reasons: { readonly store?: HealthReason; readonly limiter?: HealthReason };
}

/** Options of `kw.health()`. */
export interface HealthOptions {
  /** The maximum age of a result in milliseconds, for public endpoints. Default: 0, which asks the parts each time. */
  readonly maxAgeMs?: number | undefined;
}

/** The parts whose state is asked for. */
type Part = "store" | "limiter";

/** Asks the store and the limiter for their state, and remembers since when it is bad. */
export class HealthMonitor {
  readonly #store: Pick<KeyStore, "ping">;
  readonly #limiter: Limiter;
  readonly #clock: Clock;
  readonly #since = new Map<Part, number>();
  #latest: { readonly at: number; readonly health: Promise<Health> } | undefined;

  constructor(store: Pick<KeyStore, "ping">, limiter: Limiter, clock: Clock) {
    this.#store = store;
    this.#limiter = limiter;
    this.#clock = clock;
  }

  /** Notes that a part has failed, before a check finds it. */
  noteFailure(part: Part): void {
    if (!this.#since.has(part)) this.#since.set(part, this.#clock());
  }

  noteRecovery(part: Part): void {
    this.#since.delete(part);
  }

  /** Never rejects, and takes less than 2 seconds. */
  read({ maxAgeMs = 0 }: HealthOptions = {}): Promise<Health> {
    const now = this.#clock();
    const latest = this.#latest;
    if (latest !== undefined && now >= latest.at && now - latest.at < maxAgeMs) return latest.health;
    const health = this.#ask();
    this.#latest = { at: now, health };
    return health;
  }

  async #ask(): Promise<Health> {
    const [storeCode, limiterError] = await Promise.all([
      codeOf(() => this.#store.ping()),
      codeOf(() => this.#limiter.ping?.()),
    ]);
    const isDegraded = limiterError !== undefined || this.#limiter.status?.() === "degraded";
    const limiterCode = isDegraded ? (limiterError ?? "limiter-unavailable") : undefined;
    const store = this.#reason("store", storeCode);
    const limiter = this.#reason("limiter", limiterCode);
    const limiterStatus = limiter === undefined ? "ok" : "degraded";
    return {
      status: store === undefined ? limiterStatus : "failing",
      store: store === undefined ? "ok" : "failing",
      limiter: limiterStatus,
      reasons: { ...(store !== undefined && { store }), ...(limiter !== undefined && { limiter }) },
    };
  }

  #reason(part: Part, code: string | undefined): HealthReason | undefined {
    if (code === undefined) {
      this.noteRecovery(part);
      return undefined;
    }
    this.noteFailure(part);
    return { code, since: new Date(this.#since.get(part) ?? this.#clock()) };
  }
}

/** The code of the error with which a part answers; `undefined` if it is well. */
async function codeOf(ping: () => MaybePromise<void>): Promise<string | undefined> {
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
