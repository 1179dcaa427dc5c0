import { LRUCache } from "lru-cache";
import { decide } from "../limits/algorithm.ts";
import { toGroupResult } from "../limits/group.ts";
import type { GroupResult, LimitResult } from "../limits/limiter.ts";
import { isSameRules, type Rules } from "../limits/rules.ts";
import type { SubjectState } from "../limits/subject.ts";
import type { RuledCharge } from "./fallback.ts";

/** Longest time for which a refusal is repeated without asking Redis again, even if it cannot change sooner. */
const REMEMBERED_MS = 1000;

/** The most subjects that are remembered. */
const MAX_SUBJECTS = 10_000;

/** A subject of a refused request. */
export interface RefusedSubject {
  readonly subject: string;
  readonly rules: Rules;
  /** With its older slots. */
  readonly state: SubjectState;
  /** Redis's clock. */
  readonly wallMs: number;
  /** Time of the call to Redis, on this limiter's clock. */
  readonly askedAt: number;
}

/**
 * Repeats refusals without asking Redis, so that a client that sends many requests above its limits costs Redis about one call a
 * second. Counts by other processes can only make a refusal last longer. A refund or a reset by another process, and other limits
 * there, are noticed within a second.
 */
export class RememberedRefusals {
  readonly #now: () => number;
  /** With the subject's own time when Redis was asked. */
  readonly #refused = new LRUCache<string, RefusedSubject & { readonly at: number }>({ max: MAX_SUBJECTS });

  /** @param now milliseconds on any scale */
  constructor(now: () => number) {
    this.#now = now;
  }

  remember(refused: RefusedSubject): void {
    this.#refused.set(refused.subject, { ...refused, at: refused.state.levelAt });
  }

  /** The refusal of a request about one subject, or `undefined` if Redis has to be asked. */
  refuse(charge: RuledCharge): LimitResult | undefined {
    const result = this.#decide(charge);
    return result?.allowed === false ? result : undefined;
  }

  /** The refusal of a request about several subjects, all of which are remembered; or `undefined` if Redis has to be asked. */
  refuseAll(charges: readonly RuledCharge[]): GroupResult | undefined {
    const results: LimitResult[] = [];
    for (const charge of charges) {
      const result = this.#decide(charge);
      if (result === undefined) return undefined;
      results.push(result);
    }
    const group = toGroupResult(results);
    return group.allowed ? undefined : group;
  }

  /** True if nothing is remembered. */
  get isEmpty(): boolean {
    return this.#refused.size === 0;
  }

  #decide({ subject, rules, cost }: RuledCharge): LimitResult | undefined {
    const refused = this.#refused.get(subject);
    if (refused === undefined || !isSameRules(refused.rules, rules)) return undefined;
    const { state, at, wallMs, askedAt } = refused;
    // Counted from when Redis was asked: asking too early is better than refusing too long.
    const elapsed = Math.floor(this.#now() - askedAt);
    // Requests that left the window in the meantime are lost if the clock is set back: `levelAt` is the latest time that was read.
    if (at + elapsed < state.levelAt || elapsed >= REMEMBERED_MS) {
      this.#refused.delete(subject);
      return undefined;
    }
    return decide(state, refused.rules, cost, at + elapsed, wallMs + elapsed, false);
  }

  forget(subject: string): void {
    if (this.#refused.size > 0) this.#refused.delete(subject);
  }
}
