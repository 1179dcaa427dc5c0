import type { Clock } from "../clock.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import { toGroupResult } from "./group.ts";
import {
  isLocal,
  type Charge,
  type Correction,
  type GroupResult,
  type Limiter,
  type LimitResult,
} from "./limiter.ts";
import type { Rules } from "./rules.ts";

/** Charges requests by a limiter of any kind. */
export interface Charger {
  /** Charges one subject at `now`. */
  one(subject: string, rules: Rules, cost: number, now: number): MaybePromise<LimitResult>;
  /** Charges several subjects at `now`: all of them, or none. */
  all(charges: readonly Charge[], now: number): MaybePromise<GroupResult>;
  /** `undefined` if the limiter cannot correct what it charged. */
  readonly correct: ((corrections: readonly Correction[]) => MaybePromise<void>) | undefined;
}

const NO_CHARGES = toGroupResult([]);

/** Spares a limiter of this process a look at the clock that the caller has just read. */
export function createCharger(limiter: Limiter, clock: Clock): Charger {
  const correct = limiter.correct?.bind(limiter);
  if (isLocal(limiter) && limiter.clock === clock) {
    return {
      one: limiter.consumeAt.bind(limiter),
      all: (charges, now) => (charges.length === 0 ? NO_CHARGES : limiter.consumeAll(charges, now)),
      correct,
    };
  }
  return {
    one: (subject, rules, cost) => limiter.consume(subject, rules, cost),
    all(charges) {
      const [first] = charges;
      if (first === undefined) return NO_CHARGES;
      // Without `consumeAll` plans have neither owner limits nor budgets: that is checked at start.
      if (limiter.consumeAll !== undefined) return limiter.consumeAll(charges);
      const result = limiter.consume(first.subject, first.limits, first.cost);
      return result instanceof Promise ? result.then((one) => toGroupResult([one])) : toGroupResult([result]);
    },
    correct,
  };
}
