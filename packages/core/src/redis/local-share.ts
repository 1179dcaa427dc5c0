import { QUOTA_NAMES, type Limits, type Policy } from "../limits/limits.ts";
import { Rules } from "../limits/rules.ts";
import type { Membership } from "./heartbeat.ts";

/** The part of one subject's limits that a process grants alone. */
export interface LimitsPart {
  /** The limits of which each is a part, at least 1. */
  readonly rules: Rules;
  /** The policies of which this process has no part. While there are any, it admits no cost. */
  readonly missing: readonly Policy[];
}

/**
 * Divides limits among the processes that share them. All parts of a limit add up to it, or to less: where it is lower than the number
 * of processes, only as many of them have a part.
 */
export class LocalShare {
  readonly #configured: number | "auto";
  readonly #initial: number | undefined;
  #membership: Membership | undefined;
  #parts = new WeakMap<Rules, LimitsPart>();

  /**
   * @param configured more than 0, at most 1; or `auto` for an equal part of each process
   * @param initial with `auto`, until it is known how many processes there are
   */
  constructor(configured: number | "auto", initial: number | undefined) {
    this.#configured = configured;
    this.#initial = initial;
  }

  set membership(membership: Membership) {
    const { count, rank } = this.#membership ?? {};
    if (count === membership.count && rank === membership.rank) return;
    this.#membership = membership;
    this.#parts = new WeakMap();
  }

  /** `undefined` if it is not known yet. */
  get fraction(): number | undefined {
    if (this.#configured !== "auto") return this.#configured;
    return this.#membership === undefined ? this.#initial : 1 / this.#membership.count;
  }

  /** The part of the limits; `fraction` is known. */
  of(rules: Rules): LimitsPart {
    let part = this.#parts.get(rules);
    if (part === undefined) this.#parts.set(rules, (part = this.#divide(rules)));
    return part;
  }

  #divide({ limits, prefix, sustainedPolicy, burstPolicy }: Rules): LimitsPart {
    const numbers: Record<string, number> = {};
    const missing: Policy[] = [];
    for (const name of ["rate", "burst", ...QUOTA_NAMES] as const) {
      const limit = limits[name];
      if (limit === undefined) continue;
      const part = this.#partOf(limit);
      numbers[name] = Math.max(1, part);
      if (part > 0) continue;
      missing.push(name === "rate" ? sustainedPolicy : name === "burst" ? burstPolicy : `${prefix}${name}`);
    }
    return { rules: new Rules({ ...limits, ...numbers } satisfies Limits, prefix), missing };
  }

  #partOf(limit: number): number {
    const { count, rank = Infinity } = this.#membership ?? {};
    if (this.#configured === "auto" && count !== undefined) {
      return Math.floor(limit / count) + (rank < limit % count ? 1 : 0);
    }
    const part = Math.floor(limit * (this.fraction ?? 0));
    return part === 0 && rank < limit ? 1 : part;
  }
}
