import type { DailyCount } from "../limits/limiter.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { LastUse, UsageCount, UsageHour, UsageQuery } from "../usage/usage.ts";
import type { AuditEntry } from "./audit.ts";
import type { KeyChange, KeyRecord, KeyStatus } from "./record.ts";

/** What became of a change that must not touch a revoked key. */
export type ChangeOutcome =
  | { readonly outcome: "changed"; readonly record: KeyRecord }
  | { readonly outcome: "not-found" }
  /** The key is revoked, already replaced, or of another revision; nothing was changed. */
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

/** Which keys to list. What is left out narrows nothing down. */
export interface KeyFilter {
  readonly ownerId?: string | undefined;
  readonly plan?: string | undefined;
  /** As of `now`, in milliseconds since the epoch. */
  readonly status?: { readonly is: KeyStatus; readonly now: number } | undefined;
  /** In the name, the owner or the masked form; A to Z and a to z are taken for the same. */
  readonly search?: string | undefined;
}

/** Newest first; by name from A to Z, upper and lower case alike; or what was used last first. */
export type KeyOrder = "newest" | "name" | "last-used";

/** A page of keys. `after` is the last key of the page before, as it was then. */
export interface KeyListPage {
  readonly order: KeyOrder;
  readonly after?: Pick<KeyRecord, "id" | "name" | "lastUsedAt"> | undefined;
  readonly limit: number;
}

/** Which acts to list: those on a key, and those on the keys of an owner. */
export interface AuditFilter {
  readonly keyId?: string | undefined;
  readonly ownerId?: string | undefined;
}

/** What has to hold of a key for a change to be made. */
export interface ChangeGuard {
  /** That it was not rotated. */
  readonly unlessReplaced?: boolean;
  /** That nobody has changed it since it was of this revision. */
  readonly ifRevision?: number | undefined;
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
  list(filter: KeyFilter, page: KeyListPage): MaybePromise<readonly KeyRecord[]>;
  /** Inserts a key. If one of the same `idempotencyKey` is there, gives that and changes nothing. */
  insert(record: KeyRecord, audit: AuditEntry): MaybePromise<KeyRecord | undefined>;
  /** Changes a key that is not revoked and fits the guard, and adds 1 to its revision. */
  change(id: string, change: KeyChange, audit: AuditEntry, guard?: ChangeGuard): MaybePromise<ChangeOutcome>;
  /** Changes a key that is neither revoked nor rotated and still has the revision of `old`, and inserts its successor. */
  replace(
    old: Pick<KeyRecord, "id" | "revision">,
    change: KeyChange,
    successor: KeyRecord,
    audit: readonly AuditEntry[],
  ): MaybePromise<ChangeOutcome>;
  listAudit(filter: AuditFilter, page: Page): MaybePromise<readonly AuditEntry[]>;
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
