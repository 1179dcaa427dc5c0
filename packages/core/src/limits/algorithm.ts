/**
 * Decides requests of one subject: the executable specification of all limits, without a clock, a map or I/O. `pacing.ts` has the
 * arithmetic of `sustained` and `burst`, `quotas.ts` that of calendar quotas.
 *
 * Times named `at` are milliseconds that never run backwards; `wallMs` is the clock, which may (G8).
 */
import { HOUR_MS } from "../time.ts";
import { changePace, countEarlierPaces } from "./change-pace.ts";
import type { LimitResult } from "./limiter.ts";
import type { Policy } from "./limits.ts";
import {
  countCapped,
  countPacing,
  excessOfBucket,
  excessOfWindow,
  isPacingOver,
  settlePacing,
  untilWindowHasRoom,
} from "./pacing.ts";
import { countOf, countQuotas, fitsQuotas, openCounts, settleQuotas } from "./quotas.ts";
import type { Rules } from "./rules.ts";
import { Standing } from "./standing.ts";
import type { SubjectState } from "./subject.ts";

/** A refusal by one subject's limits. */
export interface Violation {
  readonly policies: readonly Policy[];
  /** As {@link LimitResult.retryAfterMs}. */
  readonly retryAfterMs: number;
}

/** Advances a subject to an instant and to its limits: leaks, drops slots, turns periods. Counts nothing. */
export function settle(state: SubjectState, rules: Rules, at: number, wallMs: number): void {
  const { pace } = rules;
  if (pace !== undefined && state.pace !== pace) changePace(state, pace, at);
  if (state.pace !== undefined) settlePacing(state, state.pace, at);
  else state.levelAt = at;
  settleQuotas(state, rules, wallMs);
}

/** True if all limits of a subject allow `cost`. The state is settled. */
export function fits(state: SubjectState, rules: Rules, cost: number): boolean {
  const { pace } = rules;
  return (
    cost === 0 ||
    ((pace === undefined ||
      (excessOfBucket(state, pace, cost) <= 0 && excessOfWindow(state, pace, cost) <= 0)) &&
      fitsQuotas(state, rules, cost))
  );
}

/** Returns why a cost that does not fit is refused. The state is settled. */
export function explain(
  state: SubjectState,
  rules: Rules,
  cost: number,
  { at, wallMs }: { readonly at: number; readonly wallMs: number },
): Violation {
  const policies: Policy[] = [];
  let retryAfterMs = 0;
  const { pace } = rules;
  if (pace !== undefined) {
    const overBucket = excessOfBucket(state, pace, cost);
    if (overBucket > 0) {
      policies.push(rules.sustainedPolicy);
      retryAfterMs = Math.ceil(overBucket / pace.rate);
    }
    const overWindow = excessOfWindow(state, pace, cost);
    if (overWindow > 0) {
      policies.push(rules.burstPolicy);
      retryAfterMs = Math.max(retryAfterMs, untilWindowHasRoom(state, pace, overWindow, at));
    }
  }
  for (const { name, policy, limit } of rules.quotas) {
    const { used, period } = countOf(state, name);
    if (used + cost <= limit) continue;
    policies.push(policy);
    retryAfterMs = Math.max(retryAfterMs, period.endMs - wallMs);
  }
  return { policies, retryAfterMs: cost > rules.maxCost ? Infinity : Math.ceil(retryAfterMs) };
}

/** Counts an admitted cost, also in counts and paces that the current limits do not have. The state is settled. */
export function count(state: SubjectState, rules: Rules, cost: number, at: number, wallMs: number): void {
  const { pace } = rules;
  if (pace !== undefined) countPacing(state, pace, cost, at);
  // A pace that the limits no longer have continues as if they had it.
  else if (state.pace !== undefined) countCapped(state, state.pace, cost, at);
  countQuotas(state, rules, cost, wallMs);
  if (state.earlierPaces !== undefined) countEarlierPaces(state, cost, at);
}

/**
 * Decides one request of a subject, and counts it if `spend` is set and it is allowed.
 *
 * @param at milliseconds that never run backwards, not before the state was last settled
 * @param wallMs the clock: milliseconds since the epoch, for calendar periods
 */
export function decide(
  state: SubjectState,
  rules: Rules,
  cost: number,
  at: number,
  wallMs: number,
  spend: boolean,
): LimitResult {
  settle(state, rules, at, wallMs);
  if (!fits(state, rules, cost)) {
    const violation = explain(state, rules, cost, { at, wallMs });
    return new Standing(state, rules, at, wallMs, violation);
  }
  if (spend && cost > 0) count(state, rules, cost, at, wallMs);
  return new Standing(state, rules, at, wallMs, undefined);
}

/** Time for which a count is kept after the end of its period, for clocks that are set back. */
const GRACE_MS = HOUR_MS;

/**
 * True if forgetting the subject would change no later decision: its pacing has ended, and it has no count in a recent period.
 */
export function owesNothing(state: SubjectState, at: number, wallMs: number): boolean {
  return isPacingDone(state, at) && openCounts(state, wallMs - GRACE_MS).length === 0;
}

/** True if neither the current nor an earlier pace of a subject limits anything. */
export function isPacingDone(state: SubjectState, at: number): boolean {
  return isPacingOver(state, at) && (state.earlierPaces?.every(({ closesAt }) => closesAt <= at) ?? true);
}
