import type { PeriodCount } from "../limits/limiter.ts";
import type { Period } from "../limits/periods.ts";

interface PendingCount {
  readonly subject: string;
  readonly period: Period;
  used: number;
}

/** Counts of calendar periods that are not stored yet. */
export class PendingCounts {
  readonly #counts = new Map<string, PendingCount>();

  get size(): number {
    return this.#counts.size;
  }

  add(subject: string, period: Period, used: number): void {
    const name = `${period.quota} ${period.startMs} ${subject}`;
    const count = this.#counts.get(name);
    if (count === undefined) this.#counts.set(name, { subject, period, used });
    else count.used += used;
  }

  forget(subject: string): void {
    for (const [name, count] of this.#counts) if (count.subject === subject) this.#counts.delete(name);
  }

  /** The counts so far, which are removed. */
  take(): readonly PeriodCount[] {
    const counts = [...this.#counts.values()].filter(({ used }) => used !== 0);
    this.#counts.clear();
    return counts;
  }
}
