import { count, explain, fits, settle } from "./algorithm.ts";
import type { GroupResult, LimitResult } from "./limiter.ts";
import type { Policy } from "./limits.ts";
import type { Rules } from "./rules.ts";
import { Standing } from "./standing.ts";
import type { SubjectState } from "./subject.ts";

/** One subject of a decision about several. */
export interface GroupMember {
  readonly state: SubjectState;
  readonly rules: Rules;
  readonly cost: number;
  /** The subject's own time, where subjects differ in it. Default: that of the decision. */
  readonly at?: number | undefined;
}

const NONE: readonly Policy[] = Object.freeze([]);

/** Decides one request about several subjects: charges all of them, or none (G10). */
export function decideAll(members: readonly GroupMember[], at: number, wallMs: number): GroupResult {
  let allowed = true;
  for (const { state, rules, cost, at: own = at } of members) {
    settle(state, rules, own, wallMs);
    if (!fits(state, rules, cost)) allowed = false;
  }
  const results: LimitResult[] = [];
  if (!allowed) {
    for (const { state, rules, cost, at: own = at } of members) {
      const violation = fits(state, rules, cost)
        ? undefined
        : explain(state, rules, cost, { at: own, wallMs });
      results.push(new Standing(state, rules, own, wallMs, violation));
    }
    return toGroupResult(results);
  }
  for (const { state, rules, cost, at: own = at } of members) {
    if (cost > 0) count(state, rules, cost, own, wallMs);
    results.push(new Standing(state, rules, own, wallMs, undefined));
  }
  return { allowed, violated: NONE, retryAfterMs: 0, results };
}

/** The result of a decision about several subjects, from the result of each. */
export function toGroupResult(results: readonly LimitResult[]): GroupResult {
  let [allowed, retryAfterMs] = [true, 0];
  const violated: Policy[] = [];
  for (const result of results) {
    if (result.allowed) continue;
    allowed = false;
    violated.push(...result.violated);
    retryAfterMs = Math.max(retryAfterMs, result.retryAfterMs);
  }
  return { allowed, violated, retryAfterMs, results };
}
