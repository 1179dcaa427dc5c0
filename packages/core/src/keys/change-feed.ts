import type { StoreChange } from "../store/key-store.ts";

/**
 * Notifies other processes of changed keys and owners, and receives their notifications: for stores that cannot do so themselves. Such as
 * `redisChanges()` of `@keyward/core/redis`.
 */
export interface ChangeFeed {
  publish(change: StoreChange): void;
  /**
   * Calls `changed` when another process changed keys or owners; with `undefined` when any may have changed, because a notification
   * may have been lost. Returns a function that stops it.
   */
  watch(changed: (change: StoreChange | undefined) => void): () => void;
  close(): Promise<void>;
}
