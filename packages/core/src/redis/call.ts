import type { Expiring } from "./timeouts.ts";

/** A question to Redis that is answered, fails, or is given up, whichever comes first: only that is told. */
export class Call<Answer> implements Expiring {
  readonly startedAt = performance.now();
  settled = false;
  readonly #answered: (answer: Answer) => void;
  readonly #failed: (error: unknown) => void;

  constructor(answered: (answer: Answer) => void, failed: (error: unknown) => void) {
    this.#answered = answered;
    this.#failed = failed;
  }

  /** Whether somebody still waits. */
  readonly wanted = (): boolean => !this.settled;

  /** Takes what Redis says. May be called again with another promise, if the first one's answer will not do. */
  readonly answer = (answer: Answer): void => {
    if (this.settled) return;
    this.settled = true;
    this.#answered(answer);
  };

  readonly fail = (error: unknown): void => {
    if (this.settled) return;
    this.settled = true;
    this.#failed(error);
  };

  expire(): void {
    this.fail(new Error("Redis did not answer in time."));
  }
}
