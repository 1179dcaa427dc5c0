import type { Limits } from "../limits/limits.ts";
import type { Actor } from "./audit.ts";
import type { ApiKey, KeyStatus, Metadata } from "./record.ts";
import type { Secret } from "./secret.ts";
import type { KeyOrder } from "./store.ts";

/** What a new key is to be. Only `name` is needed. */
export interface CreateKeyInput {
  readonly name: string;
  /** Whose key it is; `default` if left out. */
  readonly ownerId?: string;
  /** One of the server's environments; its first if left out. */
  readonly environment?: string;
  readonly scopes?: readonly string[];
  /** A plan of the server; `default` if left out. */
  readonly plan?: string;
  /** Limits of the key's own, in place of its plan's. */
  readonly limits?: Limits;
  readonly expiresAt?: Date;
  readonly metadata?: Metadata;
  /**
   * A name for this request, such as a random UUID. Repeated for the same owner, the request creates no second key but
   * fails with `already-created`, in whichever process: the secret was shown the first time, and only then.
   */
  readonly idempotencyKey?: string;
}

/** A key that was issued elsewhere, of which only the digest is known, and what it is to be here. */
export interface ImportKeyInput extends CreateKeyInput {
  /** SHA-256 of the whole key as it is presented: 64 hexadecimal digits, or 43 characters of base64url. */
  readonly sha256: string;
  /** The end of the key, as people know it from where it was issued: 1 to 8 characters, shown as `********1f9c`. */
  readonly hint?: string;
}

/** A condition for a change: that the key was not changed since somebody read it. */
export interface RevisionGuard {
  /** The `revision` that the change is meant for. If the key has another one, the change fails with `key-changed`. */
  readonly ifRevision?: number | undefined;
}

/** How a key is rotated. */
export interface RotateKeyOptions extends RevisionGuard {
  /** How long the old key still works, in milliseconds; 24 hours if left out. With 0 it is revoked. */
  readonly overlapMs?: number | undefined;
}

/** What can be changed of a key. `null` takes limits or expiry away. */
export interface UpdateKeyInput extends RevisionGuard {
  readonly name?: string;
  readonly scopes?: readonly string[];
  readonly plan?: string;
  readonly limits?: Limits | null;
  readonly expiresAt?: Date | null;
  readonly metadata?: Metadata;
}

/** A key that was just made. `secret.reveal()` is the only way to it, now and never again. */
export interface CreatedKey {
  readonly key: ApiKey;
  readonly secret: Secret;
}

/** Which keys are asked for, and in what order: all of them, newest first, if nothing is said. */
export interface ListKeysQuery {
  readonly ownerId?: string;
  readonly plan?: string;
  readonly status?: KeyStatus;
  /** Found in the name, the owner or the masked form, whatever the case of A to Z. */
  readonly search?: string;
  /** `newest` first if left out; or by `name`, or what was used last (`last-used`) first. */
  readonly order?: KeyOrder;
  /** `nextCursor` of the page before, which had the same order. */
  readonly cursor?: string;
  /** Keys a page, 1 to 1000; 50 if left out. */
  readonly limit?: number;
}

/** Keys as `kw.keys.list()` gives them, a page at a time. */
export interface KeyPage {
  readonly keys: readonly ApiKey[];
  /** Where the next page begins; left out on the last. */
  readonly nextCursor?: string;
}

/**
 * What can be done with keys. Every act is on disk, with its audit entry, before its promise
 * resolves, and in force in this process when it does.
 *
 * All reject with a `KeywardError`: `invalid-input` (its `field` says which), `key-not-found`, `key-revoked`,
 * `key-conflict` (somebody else replaced the key first), `key-changed` (somebody else changed it first),
 * `already-created`, or a `store-…` code.
 */
export interface KeyLifecycle {
  create(input: CreateKeyInput, by?: Actor): Promise<CreatedKey>;
  /**
   * Takes a key that was issued elsewhere, so that its holder need not change it. Such keys are recognized where the
   * option `importedKeys` says what they look like.
   */
  import(input: ImportKeyInput, by?: Actor): Promise<ApiKey>;
  get(id: string): Promise<ApiKey | undefined>;
  /** The key that a raw one belongs to, for one that was found where it should not be. Counts nothing. */
  identify(raw: string): Promise<ApiKey | undefined>;
  list(query?: ListKeysQuery): Promise<KeyPage>;
  update(id: string, input: UpdateKeyInput, by?: Actor): Promise<ApiKey>;
  /** Permanent. Revoking a revoked key changes nothing and is not an error. */
  revoke(id: string, by?: Actor, guard?: RevisionGuard): Promise<ApiKey>;
  /** Revokes the key and creates its successor, in one transaction. */
  regenerate(id: string, by?: Actor, guard?: RevisionGuard): Promise<CreatedKey>;
  /** Creates a replacement. The old key works for `overlapMs` (default: 24 hours); with 0 it is revoked at once. */
  rotate(id: string, options?: RotateKeyOptions, by?: Actor): Promise<CreatedKey>;
}
