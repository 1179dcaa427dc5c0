import type { DailyCount } from "../limits/limiter.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { LastUse, UsageCount, UsageHour, UsageQuery } from "../usage/usage.ts";
import type { AuditEntry } from "./audit.ts";
import type { KeyChange, KeyRecord } from "./record.ts";

/** What became of a change that must not touch a revoked key. */
export type ChangeOutcome =
  | { readonly outcome: "changed"; readonly record: KeyRecord }
  | { readonly outcome: "not-found" }
  /** The key is revoked, or already replaced; nothing was changed. */
  | { readonly outcome: "refused"; readonly record: KeyRecord };

/** Everything that one flush writes, in one transaction. */
export interface UsageBatch {
  /** No two of one key and hour. */
  readonly usage: readonly UsageCount[];
  /** No two of one key. */
  readonly lastUses: readonly LastUse[];
  /** No two of one subject and day. To be added to what is stored. */
  readonly daily: readonly DailyCount[];
}

/** A page of a listing, newest first. `before` is the id of the last entry of the page before. */
export interface Page {
  readonly before?: string | undefined;
  readonly limit: number;
}

/**
 * Where keys, their audit trail and their usage live. Each call is one transaction: it has happened
 * wholly, and durably where the store is durable, when its promise resolves, or not at all.
 * Failures of the store itself reject with a `KeywardError` whose code begins with `store-`.
 */
export interface KeyStore {
  /** Whether keys outlive the process. Then the deployment's secret must too. */
  readonly durable: boolean;
  findByDigest(digest: string): MaybePromise<KeyRecord | undefined>;
  find(id: string): MaybePromise<KeyRecord | undefined>;
  list(filter: { readonly ownerId?: string | undefined }, page: Page): MaybePromise<readonly KeyRecord[]>;
  insert(record: KeyRecord, audit: AuditEntry): MaybePromise<void>;
  /** Changes a key that is not revoked (nor, with `unlessReplaced`, rotated). */
  change(
    id: string,
    change: KeyChange,
    audit: AuditEntry,
    guard?: { readonly unlessReplaced?: boolean },
  ): MaybePromise<ChangeOutcome>;
  /** Changes a key that is neither revoked nor rotated, and inserts its successor. */
  replace(
    id: string,
    change: KeyChange,
    successor: KeyRecord,
    audit: readonly AuditEntry[],
  ): MaybePromise<ChangeOutcome>;
  listAudit(filter: { readonly keyId?: string | undefined }, page: Page): MaybePromise<readonly AuditEntry[]>;
  /**
   * Adds counts to the hours they belong to, and to the days. Moves `lastUsedAt` and `lastUsedAddress` forwards,
   * never back; steps of less than half a minute may be left out.
   */
  addUsage(batch: UsageBatch): MaybePromise<void>;
  /** The hours with any use, oldest first. */
  queryUsage(query: UsageQuery): MaybePromise<readonly UsageHour[]>;
  /** Drops the usage of hours that began before a time, in milliseconds since the epoch. */
  dropUsage(before: number): MaybePromise<void>;
  /** The counts of one UTC day; those of earlier days may be dropped. */
  readDaily(day: number): MaybePromise<readonly DailyCount[]>;
  /**
   * Tells of keys that another process changed; `undefined` means that any may have, since word of it may have been
   * lost. Gives a function that stops it.
   */
  watch?(changed: (keyIds: readonly string[] | undefined) => void): () => void;
  /** Rejects if the store does not answer. */
  ping(): MaybePromise<void>;
  close(): Promise<void>;
}
