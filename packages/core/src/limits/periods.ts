import type { QuotaName } from "./limits.ts";
import { dayAt, hourAt, monthAt, weekAt, type Span } from "./time-zone.ts";

/** One period of a calendar, such as a day. Subjects that count in it share the object. */
export interface Period extends Span {
  readonly quota: QuotaName;
}

/** The calendar that a quota's periods come from. */
export interface CalendarOptions {
  readonly quota: QuotaName;
  readonly timeZone: string;
  /** Used by `monthly` only. */
  readonly monthStartsOn: number;
}

/** Returns the period that contains an instant. Remembers the last one, which the next instant is nearly always in. */
export class Calendar {
  readonly #options: CalendarOptions;
  /** True if all periods have the same length. */
  readonly hasEqualPeriods: boolean;
  #last: Period;

  constructor(options: CalendarOptions) {
    this.#options = options;
    this.hasEqualPeriods = options.timeZone === "UTC" && options.quota !== "monthly";
    this.#last = { quota: options.quota, startMs: 0, endMs: 0 };
  }

  /** @param wallMs milliseconds since the epoch */
  periodAt(wallMs: number): Period {
    const last = this.#last;
    if (wallMs >= last.startMs && wallMs < last.endMs) return last;
    const { quota } = this.#options;
    this.#last = Object.freeze({ quota, ...spanAt(this.#options, wallMs) });
    return this.#last;
  }
}

function spanAt({ quota, timeZone, monthStartsOn }: CalendarOptions, wallMs: number): Span {
  if (quota === "hourly") return hourAt(timeZone, wallMs);
  if (quota === "daily") return dayAt(timeZone, wallMs);
  return quota === "weekly" ? weekAt(timeZone, wallMs) : monthAt(timeZone, monthStartsOn, wallMs);
}

const calendars = new Map<string, Calendar>();

/** The calendar with these options: one for all limits that share it. */
export function calendarOf(options: CalendarOptions): Calendar {
  const { quota, timeZone, monthStartsOn } = options;
  const name = `${quota} ${timeZone}${quota === "monthly" ? ` ${monthStartsOn}` : ""}`;
  const cached = calendars.get(name);
  if (cached !== undefined) return cached;
  const calendar = new Calendar(options);
  calendars.set(name, calendar);
  return calendar;
}
