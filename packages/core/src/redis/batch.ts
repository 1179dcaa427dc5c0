import { decide, type SubjectState } from "../limits/algorithm.ts";
import type { LimitResult } from "../limits/limiter.ts";
import type { Limits } from "../limits/limits.ts";
import type { Fallback } from "./fallback.ts";

/** Requests of one subject, under the same limits, that travel as one call. */
export class Batch {
  readonly subject: string;
  readonly limits: Limits;
  readonly #costs: number[] = [];
  /** What each is told, in the same order; one promise that all wait for costs less than one each. */
  readonly #answers: Promise<readonly (LimitResult | Error)[]>;
  #tell!: (answers: readonly (LimitResult | Error)[]) => void;

  constructor(subject: string, limits: Limits) {
    this.subject = subject;
    this.limits = limits;
    this.#answers = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  add(cost: number): Promise<LimitResult> {
    const index = this.#costs.push(cost) - 1;
    return this.#answers.then((answers) => {
      const answer = answers[index] as LimitResult | Error;
      if (answer instanceof Error) throw answer;
      return answer;
    });
  }

  /** Whether a request under these limits may join. */
  takes(others: Limits): boolean {
    const { limits } = this;
    if (limits === others) return true;
    const { rate, burst, daily } = others;
    return limits.rate === rate && limits.burst === burst && limits.daily === daily;
  }

  /** Costs and how often each comes in a row, as `consume-1.lua` takes them: the last cost is left out where it is 1. */
  runs(): string[] {
    const runs: string[] = [];
    let [cost, times] = [this.#costs[0] ?? 0, 0];
    for (const next of this.#costs) {
      if (next !== cost) {
        runs.push(String(cost), String(times));
        [cost, times] = [next, 0];
      }
      times += 1;
    }
    if (cost !== 1) runs.push(String(cost));
    runs.push(String(times));
    return runs;
  }

  /**
   * Answers each request as if it had come alone, in its order: the script has counted them all at one instant,
   * and the same arithmetic retraces what it did from the state before. Gives whether any was refused.
   */
  answer(state: SubjectState, wallMs: number): boolean {
    let refused = false;
    const at = state.levelAt;
    const answers = this.#costs.map((cost) => {
      const result = decide(state, this.limits, cost, at, wallMs, true);
      if (!result.allowed) refused = true;
      return result;
    });
    this.#tell(answers);
    return refused;
  }

  /** Lets another decide. */
  leaveTo(fallback: Fallback): void {
    this.#tell(
      this.#costs.map((cost) => {
        try {
          return fallback.consume(this.subject, this.limits, cost);
        } catch (error) {
          return error instanceof Error ? error : new Error(String(error));
        }
      }),
    );
  }
}
