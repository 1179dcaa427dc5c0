import type { MaybePromise } from "../maybe-promise.ts";
import type { LastUse, UsageCount, UsageHour, UsageSelection } from "../usage/usage.ts";

/** Everything that one flush writes, in one transaction. */
export interface UsageBatch {
  /** At most one per key and hour. */
  readonly usage: readonly UsageCount[];
  /** At most one per key. */
  readonly lastUses: readonly LastUse[];
}

/** Stores what keys used, by hour. */
export interface UsageStore {
  /**
   * Adds counts to their hours. Moves `lastUsedAt` and `lastUsedAddress` forwards, never back; steps of less than half a minute may be
   * left out.
   */
  addUsage(batch: UsageBatch): MaybePromise<void>;
  /** The hours with any use, oldest first. */
  queryUsage(selection: UsageSelection): MaybePromise<readonly UsageHour[]>;
  /** Deletes the usage of hours that began before a time, in milliseconds since the epoch. */
  dropUsage(before: number): MaybePromise<void>;
}
