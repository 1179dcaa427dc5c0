import { isDamage, warnOfDamage } from "./damage.ts";
import type { Expiring } from "./timeouts.ts";

/** A request that waits for a reply of Redis. */
export interface ReplyHandler<Reply> {
  answered(answer: Reply): void;
  failed(error: unknown): void;
}

/** A call to Redis that succeeds, fails or times out: only the first of these is reported. */
export class Call<Reply> implements Expiring {
  readonly startedAt: number;
  settled = false;
  readonly #handler: ReplyHandler<Reply>;
  readonly #noteFailure: (error: unknown) => void;

  /**
   * @param startedAt as a value of `performance.now()`
   * @param noteFailure is called with a failure before `handler` is
   */
  constructor(handler: ReplyHandler<Reply>, startedAt: number, noteFailure: (error: unknown) => void) {
    this.#handler = handler;
    this.startedAt = startedAt;
    this.#noteFailure = noteFailure;
  }

  answer(answer: Reply): void {
    if (this.settled) return;
    this.settled = true;
    this.#handler.answered(answer);
  }

  fail(error: unknown): void {
    if (this.settled) return;
    this.settled = true;
    // One damaged subject must not take the others out of Redis.
    if (isDamage(error)) warnOfDamage(error);
    else this.#noteFailure(error);
    this.#handler.failed(error);
  }

  expire(): void {
    this.fail(new Error("Redis did not respond in time."));
  }
}
