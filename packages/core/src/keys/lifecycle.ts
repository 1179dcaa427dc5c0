import type { Actor } from "../audit/audit-event.ts";
import type { Metadata } from "../json.ts";
import type { Names, ScopeGrant } from "../names.ts";
import type { KeyOrder } from "../store/key-store.ts";
import type { ApiKey, KeyStatus, OwnLimits } from "./record.ts";
import type { Secret } from "./secret.ts";

/** Input for a new key. Only `name` is required. */
export interface CreateKeyInput<N extends Names = Names> {
  readonly name: string;
  /** The customer that owns the key. Default: none; the key is its own owner. */
  readonly ownerId?: string | undefined;
  /** One of the server's environments. Default: the first. */
  readonly environment?: string | undefined;
  /** Default: none. A key without scopes can only call routes that require none. */
  readonly scopes?: readonly ScopeGrant<N["scope"]>[] | undefined;
  /** A plan of the server. Default: the owner's plan, or `default`. */
  readonly plan?: N["plan"] | undefined;
  /** Limits that override the plan's. */
  readonly limits?: OwnLimits | undefined;
  /** The networks that the key may be used from, such as `["203.0.113.0/24", "2001:db8::/48"]`. Default: any. */
  readonly allowedAddresses?: readonly string[] | undefined;
  readonly expiresAt?: Date | undefined;
  readonly metadata?: Metadata | undefined;
  /**
   * Identifies this request, such as a random UUID. A repeated request creates no second key: it rejects with `already-created`, in any
   * process, because the secret was shown the first time and only then.
   */
  readonly idempotencyKey?: string | undefined;
}

/** Input for a key that was issued elsewhere, and of which only a digest is known. */
export interface ImportKeyInput<N extends Names = Names> extends CreateKeyInput<N> {
  /** SHA-256 of the whole key as it is presented: 64 hexadecimal digits, or 43 characters of base64url. */
  readonly sha256: string;
  /** The end of the key, as people know it: 1 to 8 characters, shown as `********1f9c`. */
  readonly hint?: string | undefined;
}

/** A condition of a change: that the key or owner was not changed since it was read. */
export interface RevisionGuard {
  /** The `revision` that the change is meant for. If there is another one, the call rejects with `key-changed`. */
  readonly ifRevision?: number | undefined;
}

/** Changes of a key. Fields that are left out stay; `null` removes a value. */
export interface UpdateKeyInput<N extends Names = Names> extends RevisionGuard {
  readonly name?: string | undefined;
  readonly scopes?: readonly ScopeGrant<N["scope"]>[] | undefined;
  readonly plan?: N["plan"] | null | undefined;
  readonly limits?: OwnLimits | null | undefined;
  readonly allowedAddresses?: readonly string[] | null | undefined;
  readonly expiresAt?: Date | null | undefined;
  readonly metadata?: Metadata | undefined;
}

/** Options of a rotation. */
export interface RotateKeyOptions extends RevisionGuard {
  /** Time for which the old key stays valid, in milliseconds. 0 revokes it immediately. Default: 24 hours. */
  readonly overlapMs?: number | undefined;
  /** Expiry of the new key. Default: the lifetime of the original. */
  readonly expiresAt?: Date | null | undefined;
}

/** Options of a pause. */
export interface PauseOptions extends RevisionGuard {
  /** For operators. Responses never contain it. */
  readonly reason?: string | undefined;
  /** Time at which the pause ends automatically. Default: only when the key is resumed. */
  readonly until?: Date | undefined;
}

/** A new key. `secret.reveal()` is the only way to it, now and never again. */
export interface CreatedKey {
  readonly key: ApiKey;
  readonly secret: Secret;
}

/** Filter of keys. Default: all keys. */
export interface KeyQuery {
  readonly ownerId?: string | undefined;
  /** The key's own plan. */
  readonly plan?: string | undefined;
  readonly status?: KeyStatus | undefined;
  /** Contained in the name, the owner's id or the masked form; A to Z and a to z are equal. */
  readonly search?: string | undefined;
  readonly environment?: string | undefined;
  /** One of the key's scopes, as the key has it: `reports:*` finds keys with `reports:*`. */
  readonly scope?: string | undefined;
  /** Keys that have an expiry before this time. Those that are expired already are included, unless `status` excludes them. */
  readonly expiresBefore?: Date | undefined;
  readonly createdBefore?: Date | undefined;
  /** Keys of one key line: a key and everything rotated from it. */
  readonly lineageId?: string | undefined;
  /** Keys that were replaced by a successor (`true`), or that were not (`false`). */
  readonly isRotated?: boolean | undefined;
  /** Keys that were created before this time and not used since. */
  readonly unusedSince?: Date | undefined;
}

/** Filter and order of keys. Default: all keys, newest first. */
export interface ListKeysQuery extends KeyQuery {
  /** Default: `newest` first. `name` is from A to Z; `last-used` has the most recently used first. */
  readonly order?: KeyOrder | undefined;
  /** `nextCursor` of the previous page, which had the same order. */
  readonly cursor?: string | undefined;
  /** Keys per page, 1 to 1000. Default: 50. */
  readonly limit?: number | undefined;
}

/** A page of keys. */
export interface KeyPage {
  readonly keys: readonly ApiKey[];
  /** Cursor of the next page; absent on the last page. */
  readonly nextCursor?: string | undefined;
}

/**
 * Manages keys. When the promise of a change resolves, it is stored together with its audit event, and applies in this process; other
 * processes follow within a second.
 *
 * All calls reject with a `KeywardError`: `invalid-input` (its `field` says which), `key-not-found`, `key-revoked`, `key-conflict` (the
 * key was replaced by someone else first), `key-changed` (it was changed by someone else first), `already-created`, or a `store-…`
 * code.
 */
export interface KeyLifecycle<N extends Names = Names> {
  create(input: CreateKeyInput<N>, by?: Actor): Promise<CreatedKey>;
  /**
   * Imports a key that was issued elsewhere, so that clients need not change it. Such keys are recognized by the option
   * `importedKeys`.
   */
  import(input: ImportKeyInput<N>, by?: Actor): Promise<ApiKey>;
  get(id: string): Promise<ApiKey | undefined>;
  /** The key that a raw key belongs to, such as one that was found where it should not be. Counts nothing. */
  identify(raw: string): Promise<ApiKey | undefined>;
  list(query?: ListKeysQuery): Promise<KeyPage>;
  /** The number of keys that a query matches. */
  count(query?: KeyQuery): Promise<number>;
  update(id: string, input: UpdateKeyInput<N>, by?: Actor): Promise<ApiKey>;
  /** Refuses the key until it is resumed, or until a time. */
  pause(id: string, options?: PauseOptions, by?: Actor): Promise<ApiKey>;
  /** Ends a pause. Resuming a key that is not paused changes nothing. */
  resume(id: string, by?: Actor): Promise<ApiKey>;
  /** Revokes the key permanently. Revoking a revoked key changes nothing, whatever the guard. */
  revoke(id: string, by?: Actor, guard?: RevisionGuard): Promise<ApiKey>;
  /** Creates a successor with the same settings and the same count. The old key stays valid for `overlapMs`. */
  rotate(id: string, options?: RotateKeyOptions, by?: Actor): Promise<CreatedKey>;
}
