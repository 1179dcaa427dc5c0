import { CircuitState, circuitBreaker, ConsecutiveBreaker, handleAll } from "cockatiel";

/** Consecutive failures after which Redis counts as unreachable. */
export const FAILURES_TO_OPEN = 5;

/** Interval at which an unreachable Redis is checked. */
const PROBE_EVERY_MS = 200;

/** Time without a reply after which the connection is replaced. */
const RENEW_AFTER_MS = 5000;

export interface AvailabilityOptions {
  /** Asks Redis for a sign of life; rejects without one. */
  readonly probe: () => Promise<unknown>;
  /** Replaces the connection. */
  readonly renew: () => void;
  readonly opened: (error: unknown) => void;
  readonly closed: (forMs: number) => void;
}

/**
 * The circuit breaker in front of Redis. While it is open no request is sent. A separate probe detects when Redis is back, so that no request has to wait for the attempt.
 */
export class Availability {
  readonly #breaker = circuitBreaker(handleAll, {
    halfOpenAfter: PROBE_EVERY_MS / 2,
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
  });
  readonly #options: AvailabilityOptions;
  #openedAt = 0;
  #renewedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #shut = false;
  #failedLast = false;
  /** True if requests may be sent. A field, since it is read for every request. */
  available = true;

  constructor(options: AvailabilityOptions) {
    this.#options = options;
    this.#breaker.onBreak((reason) => {
      if (!this.available || this.#shut) return;
      this.available = false;
      this.#openedAt = this.#renewedAt = performance.now();
      this.#probeLater();
      options.opened("error" in reason ? reason.error : undefined);
    });
    this.#breaker.onReset(() => {
      if (this.available) return;
      this.available = true;
      this.#failedLast = false;
      options.closed(performance.now() - this.#openedAt);
    });
  }

  /** Notes that Redis responded. Only the first success after a failure is reported to the breaker. */
  succeeded(): void {
    if (!this.#failedLast || !this.available) return;
    this.#failedLast = false;
    // Rejects where the breaker has opened after this limiter was closed.
    this.#breaker.execute(() => {}).catch(() => {});
  }

  /** Notes that Redis failed a call, or did not respond it in time. */
  failed(reason: unknown): void {
    if (!this.available) return;
    this.#failedLast = true;
    const failing = () => Promise.reject(reason);
    this.#breaker.execute(failing).catch(() => {});
  }

  close(): void {
    this.#shut = true;
    clearTimeout(this.#timer);
  }

  #probeLater(): void {
    this.#timer = setTimeout(() => void this.#probe(), PROBE_EVERY_MS);
    this.#timer.unref();
  }

  async #probe(): Promise<void> {
    try {
      await this.#breaker.execute(this.#options.probe);
    } catch {
      // The breaker has noted it.
    }
    if (this.#shut || this.#breaker.state === CircuitState.Closed) return;
    if (performance.now() - this.#renewedAt >= RENEW_AFTER_MS) {
      this.#renewedAt = performance.now();
      this.#options.renew();
    }
    this.#probeLater();
  }
}
