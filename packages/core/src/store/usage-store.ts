import type { MaybePromise } from "../maybe-promise.ts";
import type { LastUse, UsageCount, UsageDimensions, UsageRow, UsageSelection } from "../usage/usage.ts";

/** Everything that one flush writes, in one transaction. */
export interface UsageBatch {
  /** At most one per minute, owner, key line and tag. */
  readonly usage: readonly UsageCount[];
  /** At most one per key. */
  readonly lastUses: readonly LastUse[];
}

/** The usage that is old enough to be deleted. Milliseconds since the epoch. */
export interface UsageAge {
  /** Minutes that began before this time. */
  readonly minutesBefore: number;
  /** Hours that began before this time. */
  readonly hoursBefore: number;
}

/** The owner of tags, or the key line without an owner. */
export type TagOwner = Omit<UsageDimensions, "tag">;

/** The maximum number of tags of an owner. Times are milliseconds since the epoch. */
export interface TagBounds {
  readonly limit: number;
  readonly now: number;
  /** A tag that was last claimed before this time may be replaced. */
  readonly idleBefore: number;
}

/** Stores usage by minute and by hour. */
export interface UsageStore {
  /**
   * Adds counts to their minutes and hours; of `busiestSecond`, the greatest is kept. Moves `lastUsedAt` and `lastUsedAddress` forwards,
   * never back; steps of less than half a minute may be left out.
   */
  addUsage(batch: UsageBatch): MaybePromise<void>;
  /** The periods with any use, oldest first. */
  queryUsage(selection: UsageSelection): MaybePromise<readonly UsageRow[]>;
  /** Returns the tags that an owner may use, or a key line without an owner: those it has, and new ones up to the limit. */
  claimTags(whose: TagOwner, tags: readonly string[], bounds: TagBounds): MaybePromise<readonly string[]>;
  /** Deletes old usage. */
  dropUsage(age: UsageAge): MaybePromise<void>;
}
