import { assignPacing, Pacing } from "./pacing.ts";
import type { Period } from "./periods.ts";
import type { Pace } from "./rules.ts";

/** Number of earlier paces that are remembered. A subject whose limits change more often starts from the fullest. */
export const MAX_EARLIER_PACES = 8;

/** A pace that a subject's limits no longer have. It is still charged, so that going back to it gives no fresh count. */
export class EarlierPacing extends Pacing {
  declare pace: Pace;
  /** Time from which its window and bucket are empty of requests admitted while it was current. */
  readonly closesAt: number;

  /** @param pacing settled at `at`, if `closesAt` is not known */
  constructor(pacing: Pacing, pace: Pace, at: number, closesAt = closingTime(pacing, pace, at)) {
    super(pace, at);
    assignPacing(this, pacing);
    this.closesAt = closesAt;
  }
}

function closingTime({ windowUsed, newestAt, level }: Pacing, { perMs, rate }: Pace, at: number): number {
  const windowEndsAt = windowUsed > 0 ? newestAt + perMs : at;
  return Math.max(windowEndsAt, at + Math.ceil(level / rate));
}

/** Represents "no period yet": it has ended at any time. */
export const NO_PERIOD: Period = Object.freeze({ quota: "daily", startMs: 0, endMs: 0 });

/**
 * Everything that is remembered of one subject: its pacing under the current limits, and what it used of each calendar period. A period
 * is not meaningful while 0 is used of it. One object, so that a decision touches no more memory than it must.
 */
export class SubjectState extends Pacing {
  day: Period = NO_PERIOD;
  dayUsed = 0;
  hour: Period = NO_PERIOD;
  hourUsed = 0;
  week: Period = NO_PERIOD;
  weekUsed = 0;
  month: Period = NO_PERIOD;
  monthUsed = 0;
  /** The paces that the limits had before, the latest first; `undefined` where they never changed. */
  earlierPaces: readonly EarlierPacing[] | undefined = undefined;
}
