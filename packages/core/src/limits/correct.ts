import { settle } from "./algorithm.ts";
import { QUOTA_NAMES } from "./limits.ts";
import { refundPacing, settlePacing, surchargePacing } from "./pacing.ts";
import type { Period } from "./periods.ts";
import { countOf, isCounting, setCount, settleQuotas } from "./quotas.ts";
import { isSamePace, type Rules } from "./rules.ts";
import type { Standing } from "./standing.ts";
import type { SubjectState } from "./subject.ts";

/** The correction: see `Correction`. */
export interface StateCorrection {
  readonly cost: number;
  /** Time of the charge that is refunded. */
  readonly charged: Pick<Standing, "at" | "wallMs" | "rules"> | undefined;
  readonly includesPacing: boolean;
}

/**
 * Corrects the cost of an admitted request. The subject keeps the limits that it has by now; a refund of pacing applies only if they
 * still have the pace that was charged.
 *
 * @param rules those that the subject has by now, as far as is known
 * @returns the calendar periods whose counts changed, and by how much
 */
export function correct(
  state: SubjectState,
  rules: Rules,
  correction: StateCorrection,
  { at, wallMs }: Pick<Standing, "at" | "wallMs">,
): readonly (readonly [Period, number])[] {
  if (state.pace === undefined) settle(state, rules, at, wallMs);
  else {
    settlePacing(state, state.pace, at);
    settleQuotas(state, rules, wallMs);
  }
  correctPacing(state, correction, at);
  return correctQuotas(state, rules, correction, wallMs);
}

function correctPacing(
  state: SubjectState,
  { cost, charged, includesPacing }: StateCorrection,
  at: number,
): void {
  const { pace } = state;
  if (pace === undefined) return;
  if (cost > 0) surchargePacing(state, cost, at, includesPacing);
  else if (includesPacing && charged?.rules.pace !== undefined && isSamePace(pace, charged.rules.pace)) {
    refundPacing(state, -cost, charged.at, at);
  }
}

function correctQuotas(
  state: SubjectState,
  rules: Rules,
  { cost, charged }: StateCorrection,
  wallMs: number,
): [Period, number][] {
  const changed: [Period, number][] = [];
  for (const quota of QUOTA_NAMES) {
    const { period, used } = countOf(state, quota);
    const isLimited = rules.quotas.some(({ name }) => name === quota);
    const applies =
      cost > 0
        ? isLimited || isCounting(used, period, wallMs)
        : (charged?.wallMs ?? -Infinity) >= period.startMs;
    const next = applies ? Math.max(0, used + cost) : used;
    if (next === used) continue;
    setCount(state, quota, { period, used: next });
    changed.push([period, next - used]);
  }
  return changed;
}
