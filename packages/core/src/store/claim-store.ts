import type { MaybePromise } from "../maybe-promise.ts";

/** Lets one of several processes do what is to be done once. Times are milliseconds since the epoch. */
export interface ClaimStore {
  /** Claims a name until a time. Returns whether this call is the first to claim it: among concurrent calls exactly one is. */
  claim(name: string, until: number): MaybePromise<boolean>;
  /** Deletes claims that ended before a time. Names can then be claimed again. */
  dropClaims(endedBefore: number): MaybePromise<void>;
}
