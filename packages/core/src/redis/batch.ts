import { decide, type SubjectState } from "../limits/algorithm.ts";
import type { LimitResult } from "../limits/limiter.ts";
import type { Limits } from "../limits/limits.ts";
import type { Fallback } from "./fallback.ts";

/** One request that waits for its answer. */
interface Waiting {
  readonly cost: number;
  readonly resolve: (result: LimitResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Requests of one subject, under the same limits, that travel as one call. */
export class Batch {
  readonly subject: string;
  readonly limits: Limits;
  readonly #waiting: Waiting[] = [];

  constructor(subject: string, limits: Limits) {
    this.subject = subject;
    this.limits = limits;
  }

  add(cost: number): Promise<LimitResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ cost, resolve, reject });
    });
  }

  /** Whether a request under these limits may join. */
  takes({ rate, burst, daily }: Limits): boolean {
    const { limits } = this;
    return limits.rate === rate && limits.burst === burst && limits.daily === daily;
  }

  /** Costs and how often each comes in a row, as `consume-1.lua` takes them. */
  runs(): string[] {
    const runs: string[] = [];
    let [cost, times] = [this.#waiting[0]?.cost ?? 0, 0];
    for (const waiting of this.#waiting) {
      if (waiting.cost !== cost) {
        runs.push(String(cost), String(times));
        [cost, times] = [waiting.cost, 0];
      }
      times += 1;
    }
    runs.push(String(cost), String(times));
    return runs;
  }

  /**
   * Answers each request as if it had come alone, in its order: the script has counted them all at one instant,
   * and the same arithmetic retraces what it did from the state before. Gives whether any was refused.
   */
  answer(state: SubjectState, wallMs: number): boolean {
    let refused = false;
    const at = state.levelAt;
    for (const { cost, resolve } of this.#waiting) {
      const result = decide(state, this.limits, cost, at, wallMs, true);
      if (!result.allowed) refused = true;
      resolve(result);
    }
    return refused;
  }

  /** Lets another decide. */
  leaveTo(fallback: Fallback): void {
    for (const { cost, resolve, reject } of this.#waiting) {
      try {
        resolve(fallback.consume(this.subject, this.limits, cost));
      } catch (error) {
        reject(error);
      }
    }
  }
}
