import type { Expiring } from "./timeouts.ts";

/** A question to Redis that is answered, fails, or is given up, whichever comes first. */
export class Call<T> implements Expiring {
  readonly startedAt: number;
  readonly answer: Promise<T>;
  settled = false;
  #resolve!: (answer: T) => void;
  #reject!: (error: unknown) => void;

  constructor(startedAt: number) {
    this.startedAt = startedAt;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Settles with what Redis says, unless it was given up before. */
  follow(asked: Promise<T>): void {
    asked.then(
      (answer) => {
        this.settled = true;
        this.#resolve(answer);
      },
      (error: unknown) => {
        this.settled = true;
        this.#reject(error);
      },
    );
  }

  expire(): void {
    this.settled = true;
    this.#reject(new Error("Redis did not answer in time."));
  }
}
