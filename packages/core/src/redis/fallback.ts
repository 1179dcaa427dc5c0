import type { Clock } from "../clock.ts";
import { KeywardError } from "../errors.ts";
import { toGroupResult } from "../limits/group.ts";
import type { Correction, GroupResult, LimitResult } from "../limits/limiter.ts";
import type { Policy } from "../limits/limits.ts";
import type { Rules } from "../limits/rules.ts";
import type { SubjectState } from "../limits/subject.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { LocalUse } from "./hand-over.ts";

/** A charge with the rules of its limits. */
export interface RuledCharge {
  readonly subject: string;
  readonly rules: Rules;
  readonly cost: number;
}

/** Decides while Redis cannot be asked. */
export interface Fallback {
  /** True if it counts what it admits. */
  readonly counts: boolean;
  /** @throws KeywardError `limiter-unavailable` if requests are refused in the meantime */
  consume(charge: RuledCharge): MaybePromise<LimitResult>;
  consumeAll(charges: readonly RuledCharge[]): MaybePromise<GroupResult>;
  peek(subject: string, rules: Rules): MaybePromise<LimitResult>;
  /** Corrects costs here: of requests that it has decided, or as surcharges of others. */
  correct(corrections: readonly Correction[]): void;
  /** True if this fallback, not Redis, has decided. */
  hasDecided(result: LimitResult): boolean;
  reset(subject: string): void;
  /** Notes the state that Redis last reported of a subject, so that what it has used counts here too. */
  see(subject: string, state: SubjectState): void;
  /** The hash tags of subjects that were counted here, for Redis to add. */
  readonly countedTags: readonly string[];
  /**
   * Removes and returns what was counted here of the subjects with a hash tag. A refund is negative.
   *
   * @param withPacing the bucket and the window too: Redis decides from now on
   */
  takeUses(tag: string, withPacing: boolean): readonly LocalUse[];
  /** Returns counts that could not be added to Redis. */
  putBack(uses: readonly LocalUse[]): void;
}

/** A fallback that counts nothing. */
function withoutCounts(decide: (rules: Rules) => LimitResult): Fallback {
  return {
    counts: false,
    consume: ({ rules }) => decide(rules),
    consumeAll: (charges) => toGroupResult(charges.map(({ rules }) => decide(rules))),
    peek: (_subject, rules) => decide(rules),
    correct() {},
    hasDecided: () => false,
    reset() {},
    see() {},
    countedTags: [],
    takeUses: () => [],
    putBack() {},
  };
}

/** Refuses what cannot be counted. */
export function refuseAll(): Fallback {
  return withoutCounts(() => {
    throw new KeywardError("limiter-unavailable", 'Redis cannot be asked, and onUnavailable is "refuse".');
  });
}

/** Admits what cannot be counted. */
export function admitAll(clock: Clock): Fallback {
  return withoutCounts((rules) => {
    const remaining: Record<Policy, number> = {};
    const resetMs: Record<Policy, number> = {};
    if (rules.pace !== undefined) {
      remaining[rules.sustainedPolicy] = rules.pace.rate;
      remaining[rules.burstPolicy] = rules.pace.burst;
      resetMs[rules.sustainedPolicy] = resetMs[rules.burstPolicy] = 0;
    }
    const now = clock();
    for (const { policy, limit, calendar } of rules.quotas) {
      remaining[policy] = limit;
      resetMs[policy] = Math.ceil(calendar.periodAt(now).endMs - now);
    }
    return { allowed: true, violated: [], retryAfterMs: 0, remaining, resetMs };
  });
}
