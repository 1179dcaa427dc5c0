import type { MaybePromise } from "../maybe-promise.ts";
import { HOUR_MS } from "../time.ts";
import type {
  LastUse,
  NetworkUse,
  UsageCount,
  UsageDimensions,
  UsageRow,
  UsageSelection,
} from "../usage/usage.ts";

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
  /** Networks that were last used before this time. */
  readonly networksBefore: number;
}

/** The maximum number of networks of a key. Others are not kept until one of them is old enough to be deleted. */
export const MAX_NETWORKS = 100;

/** Smallest change of the last use of a network that stores have to write. */
export const NETWORK_STEP_MS = HOUR_MS;

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
   * never back; steps of less than half a minute may be left out. Keeps up to {@link MAX_NETWORKS} networks of each key, with their last
   * use; steps of less than {@link NETWORK_STEP_MS} may be left out.
   */
  addUsage(batch: UsageBatch): MaybePromise<void>;
  /** The periods with any use, oldest first. */
  queryUsage(selection: UsageSelection): MaybePromise<readonly UsageRow[]>;
  /** The networks that the keys of a key line were used from since a time, the most recently used first: 100 at most. */
  listNetworks(lineageId: string, since: number): MaybePromise<readonly NetworkUse[]>;
  /** Returns the tags that an owner may use, or a key line without an owner: those it has, and new ones up to the limit. */
  claimTags(whose: TagOwner, tags: readonly string[], bounds: TagBounds): MaybePromise<readonly string[]>;
  /** Deletes old usage. */
  dropUsage(age: UsageAge): MaybePromise<void>;
}
