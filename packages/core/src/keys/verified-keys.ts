import { LRUCache } from "lru-cache";
import type { Clock } from "../clock.ts";
import { whenReady, type MaybePromise } from "../maybe-promise.ts";
import type { KeyStore, KeyWithOwner } from "../store/key-store.ts";

export interface VerifiedKeysOptions {
  readonly store: KeyStore;
  readonly clock: Clock;
  /** The most keys that are cached; the least recently used is evicted first. */
  readonly maxKeys: number;
  /** Time for which a record is used without asking the store. */
  readonly lifetimeMs: number;
  /** Additional time for which it is used while the store fails. */
  readonly staleForMs: number;
  /** Called at most once a second. */
  readonly storeFailed: (error: unknown) => void;
}

/** Cache entry of a key, beyond the value that its user needs. */
export interface Verified {
  readonly id: string;
  readonly ownerId: string | null;
  /** Time of the query: the record is at most this new. */
  readonly readAt: number;
  /** The records that the store returned. */
  readonly record: KeyWithOwner["key"];
  readonly ownerRecord: KeyWithOwner["owner"];
  /** Time until which the computed fields are valid. */
  readonly validUntil: number;
  /** Time of the last recorded use, to the second. */
  usedAt: number;
  /** The number of `expire()` calls before it was cached. */
  generation: number;
  /** The owner's state when it was cached; `undefined` for a key without an owner. */
  owned: OwnedKeys | undefined;
}

/** The generation of a key that was changed: it is known, but its record is never used again. */
const DROPPED = -1;

/** The cached keys of one owner. */
interface OwnedKeys {
  /** Set when the owner changes: its keys are looked up again. */
  hasChanged: boolean;
  /** The number of its keys in the cache. */
  count: number;
}

/** Precision of the order of last use. Noting each use would cost more than the look-up. */
const USE_PRECISION_MS = 1000;

/** Interval at which a failing store is retried while cached records are used. */
const ASK_AGAIN_MS = 1000;

/** Time that a request waits for a store that hangs if a cached record can be used instead. */
const STAND_IN_AFTER_MS = 100;

/** Interval at which a failing store is reported: during an outage every look-up of an unknown key fails. */
const REPORT_EVERY_MS = 1000;

/** Limit of restarts of a look-up because a key changed in the meantime. After that it is not cached. */
const TRIES = 3;

/**
 * Keys that were looked up, by the SHA-256 of the raw key. A record is found again without the store until `lifetimeMs` have passed or its
 * key or owner is changed here; many requests for one key that is not cached cause one look-up.
 *
 * A look-up that was under way while a key changed is never cached: its record may be from before.
 */
export class VerifiedKeys<Key extends Verified> {
  readonly #entries: LRUCache<string, Key>;
  readonly #fingerprintById = new Map<string, string>();
  readonly #underWay = new Map<string, Promise<Key | undefined>>();
  readonly #options: VerifiedKeysOptions;
  readonly #resolve: (found: KeyWithOwner, readAt: number) => Key;
  readonly #owned = new Map<string, OwnedKeys>();
  #changes = 0;
  #generation = 0;
  /** Time of the last query to a failing store; `undefined` while it works. */
  #failingAskedAt: number | undefined;
  #reportedAt: number | undefined;

  constructor(options: VerifiedKeysOptions, resolve: (found: KeyWithOwner, readAt: number) => Key) {
    this.#options = options;
    this.#resolve = resolve;
    this.#entries = new LRUCache<string, Key>({
      max: options.maxKeys,
      dispose: (key, fingerprint, reason) => {
        this.#release(key);
        if (reason !== "set" && this.#fingerprintById.get(key.id) === fingerprint) {
          this.#fingerprintById.delete(key.id);
        }
      },
    });
  }

  /** The key, if it was looked up within its lifetime. */
  cached(fingerprint: string, now: number): Key | undefined {
    const key = this.#entries.peek(fingerprint);
    if (key === undefined) return undefined;
    if (now >= key.usedAt + USE_PRECISION_MS) {
      key.usedAt = now;
      this.#entries.get(fingerprint);
    }
    const age = now - key.readAt;
    return age >= 0 &&
      age < this.#options.lifetimeMs &&
      now < key.validUntil &&
      key.generation === this.#generation &&
      key.owned?.hasChanged !== true
      ? key
      : undefined;
  }

  /** True if the key was found in the store before, however long ago, and was not evicted since. */
  knows(fingerprint: string): boolean {
    return this.#entries.has(fingerprint);
  }

  /**
   * Asks the store for the first key that has one of the digests. `undefined` if it has no such key; rejects if it fails and no cached record can be used.
   */
  lookUp(fingerprint: string, digests: readonly string[]): MaybePromise<Key | undefined> {
    const standIn = this.#failingAskedAt === undefined ? undefined : this.#standIn(fingerprint);
    if (standIn !== undefined) {
      this.#askAgain(fingerprint, digests);
      return standIn;
    }
    const underWay = this.#underWay.get(fingerprint);
    if (underWay !== undefined) return this.#waitFor(underWay, fingerprint);
    let found: MaybePromise<Key | undefined>;
    try {
      found = this.#read(fingerprint, digests, TRIES);
    } catch (error) {
      return this.#failed(fingerprint, error);
    }
    if (!(found instanceof Promise)) return found;
    const settled = found
      .catch((error: unknown) => this.#failed(fingerprint, error))
      .finally(() => {
        if (this.#underWay.get(fingerprint) === settled) this.#underWay.delete(fingerprint);
      });
    this.#underWay.set(fingerprint, settled);
    return this.#waitFor(settled, fingerprint);
  }

  /** A look-up, or the cached record if the store takes too long. Then others do not wait for it either. */
  #waitFor(found: Promise<Key | undefined>, fingerprint: string): Promise<Key | undefined> {
    if (this.#standIn(fingerprint) === undefined) return found;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const standIn = this.#standIn(fingerprint);
        if (standIn === undefined) return;
        this.#failingAskedAt ??= this.#options.clock();
        resolve(standIn);
      }, STAND_IN_AFTER_MS);
      found.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  /** Drops a key that was changed. Called after the store has committed. */
  forget(keyId: string): void {
    this.#changes += 1;
    this.#underWay.clear();
    const key = this.#entries.peek(this.#fingerprintById.get(keyId) ?? "");
    if (key !== undefined) key.generation = DROPPED;
  }

  /** Has all keys of an owner that was changed looked up again. Called after the store has committed. */
  forgetOwner(ownerId: string): void {
    this.#changes += 1;
    this.#underWay.clear();
    const owned = this.#owned.get(ownerId);
    if (owned === undefined) return;
    owned.hasChanged = true;
    this.#owned.delete(ownerId);
  }

  /** Has every key looked up again: a notification of a change may have been lost. */
  expire(): void {
    this.#changes += 1;
    this.#generation += 1;
    this.#failingAskedAt = undefined;
    this.#underWay.clear();
  }

  #read(fingerprint: string, digests: readonly string[], tries: number): MaybePromise<Key | undefined> {
    const changes = this.#changes;
    const readAt = this.#options.clock();
    return whenReady(this.#find(digests, 0), (found) => {
      this.#failingAskedAt = undefined;
      if (changes !== this.#changes && tries > 1) return this.#read(fingerprint, digests, tries - 1);
      if (found === undefined) {
        this.#entries.delete(fingerprint);
        return undefined;
      }
      const key = this.#resolve(found, readAt);
      if (changes === this.#changes) {
        key.generation = this.#generation;
        this.#cache(fingerprint, key);
      }
      return key;
    });
  }

  /** Ties a key that is about to be cached to its owner. */
  #retain(key: Key): void {
    if (key.ownerId === null) return;
    let owned = this.#owned.get(key.ownerId);
    if (owned === undefined) this.#owned.set(key.ownerId, (owned = { hasChanged: false, count: 0 }));
    owned.count += 1;
    key.owned = owned;
  }

  #release({ ownerId, owned }: Key): void {
    if (ownerId === null || owned === undefined) return;
    owned.count -= 1;
    if (owned.count === 0 && this.#owned.get(ownerId) === owned) this.#owned.delete(ownerId);
  }

  #find(digests: readonly string[], index: number): MaybePromise<KeyWithOwner | undefined> {
    const digest = digests[index];
    if (digest === undefined) return undefined;
    return whenReady(
      this.#options.store.findByDigest(digest),
      (found) => found ?? this.#find(digests, index + 1),
    );
  }

  #failed(fingerprint: string, error: unknown): Key {
    this.#failingAskedAt = this.#options.clock();
    this.#report(error);
    const key = this.#standIn(fingerprint);
    if (key === undefined) throw error;
    return key;
  }

  /** While the store is down, cached records are used for a while longer. Never for a key that was dropped. */
  #standIn(fingerprint: string): Key | undefined {
    const key = this.#entries.get(fingerprint);
    const { clock, lifetimeMs, staleForMs } = this.#options;
    if (key === undefined || key.generation === DROPPED || key.owned?.hasChanged === true) return undefined;
    const now = clock();
    if (now - key.readAt >= lifetimeMs + staleForMs) return undefined;
    return now < key.validUntil ? key : this.#renew(fingerprint, key);
  }

  /** Computes a key again if its custom limits have expired in the meantime. */
  #renew(fingerprint: string, { record, ownerRecord, readAt, generation }: Key): Key {
    const key = this.#resolve({ key: record, owner: ownerRecord }, readAt);
    key.generation = generation;
    this.#cache(fingerprint, key);
    return key;
  }

  #cache(fingerprint: string, key: Key): void {
    this.#retain(key);
    this.#entries.set(fingerprint, key);
    this.#fingerprintById.set(key.id, fingerprint);
  }

  /** At intervals, and in the background: a store that hangs would delay each request. */
  #askAgain(fingerprint: string, digests: readonly string[]): void {
    const now = this.#options.clock();
    const sinceMs = now - (this.#failingAskedAt ?? now);
    if (sinceMs >= 0 && sinceMs < ASK_AGAIN_MS) return;
    this.#failingAskedAt = now;
    try {
      const found = this.#read(fingerprint, digests, TRIES);
      if (found instanceof Promise) found.catch((error: unknown) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    const { clock, storeFailed } = this.#options;
    const now = clock();
    const sinceMs = now - (this.#reportedAt ?? -Infinity);
    if (sinceMs >= 0 && sinceMs < REPORT_EVERY_MS) return;
    this.#reportedAt = now;
    storeFailed(error);
  }
}
