import type { Expiring } from "./timeouts.ts";

/** Who waits for Redis to answer. */
export interface Asker<Answer> {
  answered(answer: Answer): void;
  failed(error: unknown): void;
}

/** A question to Redis that is answered, fails, or is given up, whichever comes first: only that is told. */
export class Call<Answer> implements Expiring {
  readonly startedAt: number;
  settled = false;
  readonly #asker: Asker<Answer>;
  readonly #noteFailure: (error: unknown) => void;

  /**
   * @param startedAt as `performance.now()` gives it
   * @param noteFailure hears of a failure before `asker` does
   */
  constructor(asker: Asker<Answer>, startedAt: number, noteFailure: (error: unknown) => void) {
    this.#asker = asker;
    this.startedAt = startedAt;
    this.#noteFailure = noteFailure;
  }

  /** Takes what Redis says. May be called again with another promise, if the first one's answer will not do. */
  answer(answer: Answer): void {
    if (this.settled) return;
    this.settled = true;
    this.#asker.answered(answer);
  }

  fail(error: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.#noteFailure(error);
    this.#asker.failed(error);
  }

  expire(): void {
    this.fail(new Error("Redis did not answer in time."));
  }
}
