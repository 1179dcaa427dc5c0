import { isDamage, warnOfDamage } from "./damage.ts";
import type { Expiring } from "./timeouts.ts";

/** What waits for a reply of Redis. */
export interface ReplyHandler<Answer> {
  answered(answer: Answer): void;
  failed(error: unknown): void;
}

/** A call to Redis that is answered, fails or times out: only the first of these is reported. */
export class Call<Answer> implements Expiring {
  readonly startedAt: number;
  settled = false;
  readonly #handler: ReplyHandler<Answer>;
  readonly #noteFailure: (error: unknown) => void;

  /**
   * @param startedAt as `performance.now()` gives it
   * @param noteFailure is called with a failure before `handler` is
   */
  constructor(handler: ReplyHandler<Answer>, startedAt: number, noteFailure: (error: unknown) => void) {
    this.#handler = handler;
    this.startedAt = startedAt;
    this.#noteFailure = noteFailure;
  }

  answer(answer: Answer): void {
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
    this.fail(new Error("Redis did not answer in time."));
  }
}
