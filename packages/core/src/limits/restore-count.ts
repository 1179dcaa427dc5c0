import type { PeriodCount } from "./limiter.ts";
import { countOf, isCounting, setCount } from "./quotas.ts";
import type { SubjectState } from "./subject.ts";

/**
 * Adds a count that was kept elsewhere to a subject's. The period of the stored count continues until its end, even if the subject's limits have another time zone by now. A count of a period that has ended is ignored.
 */
export function restoreCount(state: SubjectState, { period, used }: PeriodCount, wallMs: number): void {
  if (!isCounting(used, period, wallMs)) return;
  const here = countOf(state, period.quota);
  const usedHere = isCounting(here.used, here.period, wallMs) ? here.used : 0;
  setCount(state, period.quota, { period, used: used + usedHere });
}
