/** A call that is abandoned when its time is up. */
export interface Expiring {
  /** A value of `performance.now()`. */
  readonly startedAt: number;
  /** Set when it needs no end any more. */
  settled: boolean;
  expire(): void;
}

/**
 * Abandons calls that take longer than `timeoutMs`. All have the same time, so they end in the order in which they
 * began, and one timer serves them all.
 */
export class Timeouts {
  readonly #timeoutMs: number;
  #waiting: Expiring[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  add(call: Expiring): void {
    this.#waiting.push(call);
    this.#timer ??= setTimeout(this.#readFirst, this.#timeoutMs);
  }

  /** Abandons all pending calls. */
  expireAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) if (!call.settled) call.expire();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.expireAll();
  }

  /** If this process was held up, replies may have arrived that it has not read yet: they are in time. */
  readonly #readFirst = (): void => {
    setImmediate(this.#look);
  };

  readonly #look = (): void => {
    this.#timer = undefined;
    const due = performance.now() - this.#timeoutMs;
    const left = this.#waiting.filter((call) => !call.settled);
    // Timers may fire up to a millisecond early.
    const first = left.findIndex((call) => call.startedAt > due + 1);
    const expired = first < 0 ? left : left.slice(0, first);
    this.#waiting = first < 0 ? [] : left.slice(first);
    for (const call of expired) if (!call.settled) call.expire();
    const next = this.#waiting[0];
    if (next !== undefined) this.#timer ??= setTimeout(this.#readFirst, Math.max(1, next.startedAt - due));
  };
}
