import type { Violation } from "./algorithm.ts";
import type { LimitResult } from "./limiter.ts";
import type { Policy } from "./limits.ts";
import type { Period } from "./periods.ts";
import { OtherCounts, type QuotaCount } from "./quotas.ts";
import type { Rules } from "./rules.ts";
import type { SubjectState } from "./subject.ts";

const NONE: readonly Policy[] = Object.freeze([]);

type ByPolicy = Readonly<Record<Policy, number>>;

/**
 * The result of a decision. It copies the few numbers that `remaining` and `resetMs` need, which are computed when they are read: usually once, when headers are written.
 */
export class Standing implements LimitResult {
  declare readonly allowed: boolean;
  declare readonly violated: readonly Policy[];
  declare readonly retryAfterMs: number;
  /** The instant of the decision. */
  declare readonly at: number;
  declare readonly wallMs: number;
  /** The rules that the subject was charged under. */
  declare readonly rules: Rules;
  declare private readonly level: number;
  declare private readonly windowUsed: number;
  declare private readonly newestAt: number;
  declare private readonly dayUsed: number;
  declare private readonly day: Period;
  /** The counts of other quotas than the daily one, where the rules have such. */
  declare private readonly others: OtherCounts | undefined;

  constructor(
    state: SubjectState,
    rules: Rules,
    at: number,
    wallMs: number,
    violation: Violation | undefined,
  ) {
    this.allowed = violation === undefined;
    this.violated = violation === undefined ? NONE : violation.policies;
    this.retryAfterMs = violation === undefined ? 0 : violation.retryAfterMs;
    this.at = at;
    this.wallMs = wallMs;
    this.rules = rules;
    this.level = state.level;
    this.windowUsed = state.windowUsed;
    this.newestAt = state.newestAt;
    this.dayUsed = state.dayUsed;
    this.day = state.day;
    this.others = rules.hasOtherQuotas ? new OtherCounts(state) : undefined;
  }

  get remaining(): ByPolicy {
    const { rules } = this;
    const remaining: Record<Policy, number> = {};
    if (rules.pace !== undefined) {
      remaining[rules.sustainedPolicy] = this.remainingSustained();
      remaining[rules.burstPolicy] = this.remainingBurst();
    }
    for (const [index, { policy }] of rules.quotas.entries()) remaining[policy] = this.remainingQuota(index);
    return remaining;
  }

  get resetMs(): ByPolicy {
    const { rules } = this;
    const resetMs: Record<Policy, number> = {};
    if (rules.pace !== undefined) {
      resetMs[rules.sustainedPolicy] = this.resetSustainedMs();
      resetMs[rules.burstPolicy] = this.resetBurstMs();
    }
    for (const [index, { policy }] of rules.quotas.entries()) resetMs[policy] = this.resetQuotaMs(index);
    return resetMs;
  }

  /** Whole requests that fit into the bucket, at most `rate`. 0 without a pace. */
  remainingSustained(): number {
    const { pace } = this.rules;
    if (pace === undefined) return 0;
    const inBucket = Math.max(0, Math.floor((pace.capacity - this.level) / pace.perMs));
    return inBucket < pace.rate ? inBucket : pace.rate;
  }

  /** Whole requests that fit into the window. 0 without a pace. */
  remainingBurst(): number {
    return Math.max(0, (this.rules.pace?.burst ?? 0) - this.windowUsed);
  }

  /** @param index of the rules' quotas */
  remainingQuota(index: number): number {
    const limit = this.rules.quotas[index]?.limit ?? 0;
    const { used } = this.countOf(index);
    return used < limit ? limit - used : 0;
  }

  /** Milliseconds until `rate` requests fit into the bucket. */
  resetSustainedMs(): number {
    const { pace } = this.rules;
    if (pace === undefined) return 0;
    const owedToRate = this.level - (pace.burst - pace.rate) * pace.perMs;
    return owedToRate > 0 ? Math.ceil(owedToRate / pace.rate) : 0;
  }

  /** Milliseconds until the window is empty. */
  resetBurstMs(): number {
    return this.windowUsed > 0 ? Math.ceil(this.newestAt + (this.rules.pace?.perMs ?? 0) - this.at) : 0;
  }

  /** @param index of the rules' quotas */
  resetQuotaMs(index: number): number {
    return Math.ceil(this.countOf(index).period.endMs - this.wallMs);
  }

  private countOf(index: number): QuotaCount {
    const name = this.rules.quotas[index]?.name ?? "daily";
    return name === "daily" || this.others === undefined
      ? { period: this.day, used: this.dayUsed }
      : this.others.countOf(name);
  }
}
