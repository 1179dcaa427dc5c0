/**
 * The arithmetic of calendar quotas (G3), without a clock, a map or I/O.
 *
 * A count belongs to the period in which it began, until that period ends. A changed time zone or month start therefore
 * takes effect when the current period ends.
 */
import { DAY_MS } from "../time.ts";
import type { QuotaName } from "./limits.ts";
import type { Calendar, Period } from "./periods.ts";
import type { Rules } from "./rules.ts";
import type { SubjectState } from "./subject.ts";

/** Usage of one calendar period by a subject. */
export interface QuotaCount {
  readonly period: Period;
  readonly used: number;
}

/**
 * The period that counts at an instant, given the one that counted before. A later period starts at 0. A clock that is set
 * back by up to a day stays in the later period, so that nothing is admitted twice; set back further, it is followed, and the
 * count moves with it (G8).
 */
function currentPeriod(period: Period, used: number, calendar: Calendar, wallMs: number): Period {
  if (used === 0 || wallMs >= period.endMs || period.startMs - wallMs > DAY_MS)
    return calendar.periodAt(wallMs);
  return period;
}

/** True if a count is of the period that contains an instant, which is nearly always so. */
function isCurrent(used: number, period: Period, wallMs: number): boolean {
  return used > 0 && wallMs >= period.startMs && wallMs < period.endMs;
}

/** True if a count still matters: it is not 0, and its period has not ended. */
export function isCounting(used: number, period: Period, wallMs: number): boolean {
  return used > 0 && wallMs < period.endMs;
}

/** Turns the periods of a subject that have ended. Counts that the limits do not have are left as they are. */
export function settleQuotas(state: SubjectState, rules: Rules, wallMs: number): void {
  const { day } = rules;
  if (day !== undefined && !isCurrent(state.dayUsed, state.day, wallMs)) {
    const period = currentPeriod(state.day, state.dayUsed, day.calendar, wallMs);
    if (wallMs >= state.day.endMs) state.dayUsed = 0;
    state.day = period;
  }
  if (rules.hasOtherQuotas) settleOthers(state, rules, wallMs);
}

function settleOthers(state: SubjectState, { hour, week, month }: Rules, wallMs: number): void {
  if (hour !== undefined && !isCurrent(state.hourUsed, state.hour, wallMs)) {
    const period = currentPeriod(state.hour, state.hourUsed, hour.calendar, wallMs);
    if (wallMs >= state.hour.endMs) state.hourUsed = 0;
    state.hour = period;
  }
  if (week !== undefined && !isCurrent(state.weekUsed, state.week, wallMs)) {
    const period = currentPeriod(state.week, state.weekUsed, week.calendar, wallMs);
    if (wallMs >= state.week.endMs) state.weekUsed = 0;
    state.week = period;
  }
  if (month !== undefined && !isCurrent(state.monthUsed, state.month, wallMs)) {
    const period = currentPeriod(state.month, state.monthUsed, month.calendar, wallMs);
    if (wallMs >= state.month.endMs) state.monthUsed = 0;
    state.month = period;
  }
}

/** True if `cost` fits into all quotas. The state is settled. */
export function fitsQuotas(state: SubjectState, rules: Rules, cost: number): boolean {
  const { day } = rules;
  if (day !== undefined && state.dayUsed + cost > day.limit) return false;
  return !rules.hasOtherQuotas || fitsOthers(state, rules, cost);
}

function fitsOthers(state: SubjectState, { hour, week, month }: Rules, cost: number): boolean {
  return (
    (hour === undefined || state.hourUsed + cost <= hour.limit) &&
    (week === undefined || state.weekUsed + cost <= week.limit) &&
    (month === undefined || state.monthUsed + cost <= month.limit)
  );
}

/** Counts an admitted cost, also in counts that the limits do not have and that have not ended. The state is settled. */
export function countQuotas(state: SubjectState, rules: Rules, cost: number, wallMs: number): void {
  if (rules.day !== undefined || isCounting(state.dayUsed, state.day, wallMs)) state.dayUsed += cost;
  if (rules.hasOtherQuotas || state.hourUsed > 0 || state.weekUsed > 0 || state.monthUsed > 0) {
    countOthers(state, rules, cost, wallMs);
  }
}

function countOthers(state: SubjectState, { hour, week, month }: Rules, cost: number, wallMs: number): void {
  if (hour !== undefined || isCounting(state.hourUsed, state.hour, wallMs)) state.hourUsed += cost;
  if (week !== undefined || isCounting(state.weekUsed, state.week, wallMs)) state.weekUsed += cost;
  if (month !== undefined || isCounting(state.monthUsed, state.month, wallMs)) state.monthUsed += cost;
}

/** A copy of the counts of all quotas but the daily one. */
export class OtherCounts {
  declare private readonly hour: Period;
  declare private readonly hourUsed: number;
  declare private readonly week: Period;
  declare private readonly weekUsed: number;
  declare private readonly month: Period;
  declare private readonly monthUsed: number;

  constructor(state: SubjectState) {
    this.hour = state.hour;
    this.hourUsed = state.hourUsed;
    this.week = state.week;
    this.weekUsed = state.weekUsed;
    this.month = state.month;
    this.monthUsed = state.monthUsed;
  }

  countOf(quota: Exclude<QuotaName, "daily">): QuotaCount {
    if (quota === "hourly") return { period: this.hour, used: this.hourUsed };
    if (quota === "weekly") return { period: this.week, used: this.weekUsed };
    return { period: this.month, used: this.monthUsed };
  }
}

/** The fields of a state that hold the count of each quota. */
const FIELDS = {
  hourly: { period: "hour", used: "hourUsed" },
  daily: { period: "day", used: "dayUsed" },
  weekly: { period: "week", used: "weekUsed" },
  monthly: { period: "month", used: "monthUsed" },
} as const satisfies Record<QuotaName, object>;

/** The count of a quota. */
export function countOf(state: SubjectState, quota: QuotaName): QuotaCount {
  const { period, used } = FIELDS[quota];
  return { period: state[period], used: state[used] };
}

/** Sets the count of a quota. */
export function setCount(state: SubjectState, quota: QuotaName, { period, used }: QuotaCount): void {
  const fields = FIELDS[quota];
  state[fields.period] = period;
  state[fields.used] = used;
}

/** The counts that still matter at an instant. */
export function openCounts(state: SubjectState, wallMs: number): QuotaCount[] {
  return QUOTAS.map((quota) => countOf(state, quota)).filter(({ used, period }) =>
    isCounting(used, period, wallMs),
  );
}

const QUOTAS = Object.keys(FIELDS) as readonly QuotaName[];
