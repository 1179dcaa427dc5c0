import { systemClock, type Clock } from "../clock.ts";

/** An estimate of Redis's clock. Each reply of a script tells more. */
export class RedisTime {
  readonly #timeoutMs: number;
  readonly #clock: Clock | undefined;
  /** Upper bound of the difference between Redis's clock and `performance.now()`. */
  #aheadMs = -Infinity;

  /** @param clock replaces Redis's clock, in tests */
  constructor(timeoutMs: number, clock: Clock | undefined) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /**
   * Notes Redis's clock, as the reply to a call says it.
   *
   * @param call `settled` if it timed out before: then the reply may be much older than the call
   */
  learn(redisMs: number, call: { readonly startedAt: number; readonly settled: boolean }): void {
    if (call.settled && this.#aheadMs !== -Infinity) return;
    const ahead = redisMs - call.startedAt;
    // The longer a call took to arrive, the more its reply overestimates, at most by the time-out. Beyond it, the clock was set back.
    if (ahead > this.#aheadMs || ahead < this.#aheadMs - 2 * this.#timeoutMs) this.#aheadMs = ahead;
  }

  /** Redis's time now, as far as is known: this machine's until Redis has responded for the first time. */
  readonly estimate: Clock = () => {
    if (this.#clock !== undefined) return Math.floor(this.#clock());
    return this.#aheadMs === -Infinity ? systemClock() : Math.floor(performance.now() + this.#aheadMs);
  };

  /**
   * The first argument of each script: the time after which a call has timed out, or the time that replaces Redis's clock.
   *
   * @param startedAt when the call was made; without it, it counts whenever it arrives
   */
  deadline(startedAt = -Infinity): string {
    if (this.#clock !== undefined) return String(-Math.floor(this.#clock()));
    const deadline = Math.ceil(startedAt + this.#aheadMs + this.#timeoutMs);
    return deadline === -Infinity ? "0" : String(deadline);
  }
}
