import type { PeriodCount } from "../limits/limiter.ts";
import type { MaybePromise } from "../maybe-promise.ts";

/**
 * Stores what subjects used of their calendar periods, so that counts in memory survive a restart. A period is identified by its
 * quota and its start.
 */
export interface CountStore {
  /** Adds to the stored counts; refunds are negative. At most one per subject and period. */
  addCounts(counts: readonly PeriodCount[]): MaybePromise<void>;
  /** The counts of these subjects in periods that end after `now`, in milliseconds since the epoch. */
  readCounts(subjects: readonly string[], now: number): MaybePromise<readonly PeriodCount[]>;
  /** Deletes the counts of a subject. */
  deleteCounts(subject: string): MaybePromise<void>;
  /** Deletes the counts of periods that ended before a time, in milliseconds since the epoch. */
  dropCounts(endedBefore: number): MaybePromise<void>;
}
