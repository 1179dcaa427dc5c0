import { LRUCache } from "lru-cache";
import { decide, type SubjectState } from "../limits/algorithm.ts";
import type { LimitResult } from "../limits/limiter.ts";
import type { Limits } from "../limits/limits.ts";

/** For how long a refusal stands without asking again, even if it cannot change sooner. */
const REMEMBERED_MS = 1000;

/** Of how many subjects a refusal is remembered. */
const SUBJECTS = 10_000;

interface Refusal {
  /** The subject as Redis described it. */
  readonly state: SubjectState;
  /** Its time then, Redis's clock then, and the time here when the question was sent. */
  readonly at: number;
  readonly wallMs: number;
  readonly askedAt: number;
}

/**
 * Refuses here what Redis would refuse too, so that a client that hammers a full limit costs Redis about one call a
 * second. What others spend meanwhile only makes a refusal last longer; what is given back or reset elsewhere is
 * noticed when the second is over.
 */
export class RememberedRefusals {
  readonly #now: () => number;
  readonly #refusals = new LRUCache<string, Refusal>({ max: SUBJECTS });

  /** @param now milliseconds on any scale */
  constructor(now: () => number) {
    this.#now = now;
  }

  remember(subject: string, state: SubjectState, wallMs: number, askedAt: number): void {
    this.#refusals.set(subject, { state, at: state.levelAt, wallMs, askedAt });
  }

  /** The refusal, or `undefined` if Redis has to be asked. */
  refuse(subject: string, limits: Limits, cost: number): LimitResult | undefined {
    if (this.#refusals.size === 0) return undefined;
    const refusal = this.#refusals.get(subject);
    if (refusal === undefined) return undefined;
    // Counted from when the question was sent: rather ask too early than refuse too long.
    const elapsed = Math.floor(this.#now() - refusal.askedAt);
    const { state, at, wallMs } = refusal;
    // What has left the window since cannot be brought back, should the clock be set back: `levelAt` is when it was last
    // looked at.
    if (at + elapsed < state.levelAt || elapsed >= REMEMBERED_MS) {
      this.#refusals.delete(subject);
      return undefined;
    }
    const result = decide(state, limits, cost, at + elapsed, wallMs + elapsed, false);
    return result.allowed ? undefined : result;
  }

  forget(subject: string): void {
    if (this.#refusals.size > 0) this.#refusals.delete(subject);
  }
}
