import type { StoredAuditEvent } from "../audit/audit-event.ts";
import type { KeyChange, KeyRecord, KeyStatus } from "../keys/record.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { OwnerChange, OwnerRecord } from "../owners/owner.ts";

/** The outcome of a change that must not touch a revoked key. */
export type ChangeOutcome =
  | { readonly outcome: "changed"; readonly record: KeyRecord }
  | { readonly outcome: "not-found" }
  /** The key is revoked, already replaced, or of another revision; nothing was changed. */
  | { readonly outcome: "refused"; readonly record: KeyRecord };

/** The outcome of a change of an owner. */
export type OwnerChangeOutcome =
  | { readonly outcome: "changed"; readonly record: OwnerRecord }
  /** The owner is of another revision; nothing was changed. */
  | { readonly outcome: "refused"; readonly record: OwnerRecord };

/** The outcome of inserting a key. */
export type InsertOutcome =
  | { readonly outcome: "inserted" }
  /** A key with the same `idempotencyKey` exists; nothing was changed. */
  | { readonly outcome: "duplicate"; readonly record: KeyRecord }
  /** The owner has as many active key lines as it may have; nothing was changed. */
  | { readonly outcome: "too-many" };

/** A bound on the keys of an owner, which holds under concurrent inserts. */
export interface InsertBounds {
  /** The most key lines that may have a key which is neither revoked nor expired, the new one included. */
  readonly maxKeys: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Data stored together with a replacement, and its condition. */
export interface Replacement {
  readonly events: readonly StoredAuditEvent[];
  /** The revision of the record that the successor was made from. */
  readonly ifRevision: number;
}

/** A key that was looked up, with its owner where it has one. */
export interface KeyWithOwner {
  readonly key: KeyRecord;
  readonly owner: OwnerRecord | undefined;
}

/** Filter of keys. Fields that are left out do not filter. */
export interface KeyFilter {
  readonly ownerId?: string | undefined;
  /** The key's own plan. */
  readonly plan?: string | undefined;
  /** At `now`, in milliseconds since the epoch. */
  readonly status?: { readonly is: KeyStatus; readonly now: number } | undefined;
  /** Contained in the name, the owner's id or the masked form; A to Z and a to z are equal. */
  readonly search?: string | undefined;
  readonly environment?: string | undefined;
  /** One of the key's scopes, as the key has it. */
  readonly scope?: string | undefined;
  /** The key has an expiry before this time, in milliseconds since the epoch. */
  readonly expiresBefore?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly createdBefore?: number | undefined;
  /** The keys of one key line. */
  readonly lineageId?: string | undefined;
  /** True for keys that were replaced by a successor, false for keys that were not. */
  readonly isRotated?: boolean | undefined;
  /** The key was created before this time and not used since, in milliseconds since the epoch. */
  readonly unusedSince?: number | undefined;
}

/** Newest first, by name from A to Z ignoring case, or most recently used first. */
export type KeyOrder = "newest" | "name" | "last-used";

/** A page of keys. `after` is the last key of the page before, as it was then. */
export interface KeyListPage {
  readonly order: KeyOrder;
  readonly after?: Pick<KeyRecord, "id" | "name" | "lastUsedAt"> | undefined;
  readonly limit: number;
}

/** Filter of owners, sorted by id in byte order. `after` is the last id of the page before. */
export interface OwnerListPage {
  /** Contained in the id or the name; A to Z and a to z are equal. */
  readonly search?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Conditions of a change. */
export interface ChangeGuard {
  /** The key was not rotated. */
  readonly unlessReplaced?: boolean | undefined;
  /** The record has this revision. */
  readonly ifRevision?: number | undefined;
}

/** A change by another process. */
export interface StoreChange {
  readonly keyIds?: readonly string[] | undefined;
  readonly ownerIds?: readonly string[] | undefined;
  /** Subjects whose counts were reset: the `subjects` in the details of `limits.reset` events. */
  readonly resetSubjects?: readonly string[] | undefined;
}

/**
 * Stores keys and owners. Each call is one transaction: when its promise resolves it has happened completely, and durably where
 * the store is durable; otherwise it has not happened. Changes are stored together with their audit events. Failures of the store
 * itself reject with a `KeywardError` whose code begins with `store-`.
 */
export interface KeyStore {
  /** True if keys outlive the process. Then the deployment's secret must too. */
  readonly durable: boolean;
  findByDigest(digest: string): MaybePromise<KeyWithOwner | undefined>;
  find(id: string): MaybePromise<KeyRecord | undefined>;
  list(filter: KeyFilter, page: KeyListPage): MaybePromise<readonly KeyRecord[]>;
  /** The number of keys that a filter matches. */
  count(filter: KeyFilter): MaybePromise<number>;
  /** Inserts a key, and its owner if it names one that does not exist. */
  insert(record: KeyRecord, event: StoredAuditEvent, bounds?: InsertBounds): MaybePromise<InsertOutcome>;
  /**
   * Changes a key that is not revoked and fits the guard, and adds 1 to its revision.
   *
   * @param event creates the audit event from the record that is changed; may be called again if the transaction is repeated
   */
  change(
    id: string,
    change: KeyChange,
    event: (before: KeyRecord) => StoredAuditEvent,
    guard?: ChangeGuard,
  ): MaybePromise<ChangeOutcome>;
  /** Changes a key that is neither revoked nor rotated, and inserts its successor. */
  replace(
    id: string,
    change: KeyChange,
    successor: KeyRecord,
    replacement: Replacement,
  ): MaybePromise<ChangeOutcome>;
  findOwner(id: string): MaybePromise<OwnerRecord | undefined>;
  listOwners(page: OwnerListPage): MaybePromise<readonly OwnerRecord[]>;
  /**
   * Changes an owner and adds 1 to its revision. If it does not exist, `initial` is inserted with the change; a guard with a revision
   * then refuses nothing.
   *
   * @param event creates the audit event from the record that is changed; `undefined` if it did not exist
   */
  changeOwner(
    initial: OwnerRecord,
    change: OwnerChange,
    event: (before: OwnerRecord | undefined) => StoredAuditEvent,
    guard?: Pick<ChangeGuard, "ifRevision">,
  ): MaybePromise<OwnerChangeOutcome>;
  /**
   * Calls `changed` when another process changed keys or owners; with `undefined` when any may have changed, because a notification
   * may have been lost. Returns a function that stops it.
   */
  watch?(changed: (change: StoreChange | undefined) => void): () => void;
  /** Rejects if the store does not respond. */
  ping(): MaybePromise<void>;
  close(): Promise<void>;
}
