import { setTimeout as sleep } from "node:timers/promises";

/** The time that a task waits for the one before it: a call that a store never answers must not hold up all that follow. */
const MAX_WAIT_MS = 1000;

/** Runs the tasks of each subject one after another. */
export class Turns {
  /** The latest task of each subject. Never rejects. */
  readonly #latest = new Map<string, Promise<void>>();

  async run<T>(subject: string, task: () => Promise<T>): Promise<T> {
    const before = this.#latest.get(subject);
    const result = before === undefined ? task() : orTimeout(before, MAX_WAIT_MS).then(task);
    const end = result.then(ignore, ignore);
    this.#latest.set(subject, end);
    try {
      return await result;
    } finally {
      if (this.#latest.get(subject) === end) this.#latest.delete(subject);
    }
  }
}

function ignore(): void {}

async function orTimeout(promise: Promise<void>, ms: number): Promise<void> {
  const waiting = new AbortController();
  const timeout = sleep(ms, undefined, { signal: waiting.signal }).catch(ignore);
  await Promise.race([promise, timeout]);
  waiting.abort();
}
