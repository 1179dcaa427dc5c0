import { LRUCache } from "lru-cache";
import type { Clock } from "../clock.ts";
import { whenReady, type MaybePromise } from "../maybe-promise.ts";
import type { KeyRecord } from "./record.ts";
import type { KeyStore } from "./store.ts";

export interface VerifiedKeysOptions {
  readonly store: KeyStore;
  readonly clock: Clock;
  /** How many keys are held; the least recently used goes first. */
  readonly maxKeys: number;
  /** For how long a record is taken for what the store says. */
  readonly lifetimeMs: number;
  /** For how much longer it still serves when the store fails. */
  readonly staleForMs: number;
  readonly storeFailed: (error: unknown) => void;
}

/** What is cached of a key, beside whatever its user needs of it. */
export interface Verified {
  readonly id: string;
  /** When the store was asked: what it said is no newer than that. */
  readonly readAt: number;
  /** When it was last counted as used, to the second. */
  usedAt: number;
  /** Since which `expire()` it is held. */
  generation: number;
}

/** How precisely it is known which key was used least recently. Telling each time would cost more than the look-up. */
const USE_PRECISION_MS = 1000;

/** How often a store that failed is asked again, while what it last said serves in its place. */
const ASK_AGAIN_MS = 1000;

/** The generation of a key that was changed: it is known, but what is cached of it is never used. */
const DROPPED = -1;

/** How often a look-up starts again because a key changed meanwhile. After that it is not cached. */
const TRIES = 3;

/**
 * Keys that were looked up, under the SHA-256 of the raw key. A record is found again without the
 * store until `lifetimeMs` are over or its key is changed here; many requests for one key that is
 * not cached cause one look-up.
 *
 * A look-up that was under way while a key changed is never cached: its record may be from before.
 */
export class VerifiedKeys<Key extends Verified> {
  readonly #entries: LRUCache<string, Key>;
  readonly #fingerprintById = new Map<string, string>();
  readonly #underWay = new Map<string, Promise<Key | undefined>>();
  readonly #options: VerifiedKeysOptions;
  readonly #resolve: (record: KeyRecord, readAt: number) => Key;
  #changes = 0;
  #generation = 0;
  /** When a store that fails was last asked; `undefined` while it answers. */
  #failingAskedAt: number | undefined;

  constructor(options: VerifiedKeysOptions, resolve: (record: KeyRecord, readAt: number) => Key) {
    this.#options = options;
    this.#resolve = resolve;
    this.#entries = new LRUCache<string, Key>({
      max: options.maxKeys,
      dispose: (key, fingerprint, reason) => {
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
    return age >= 0 && age < this.#options.lifetimeMs && key.generation === this.#generation
      ? key
      : undefined;
  }

  /** Whether the key was found in the store before, however long ago, and was not evicted since. */
  knows(fingerprint: string): boolean {
    return this.#entries.has(fingerprint);
  }

  /**
   * Asks the store for the first key that has one of the digests. `undefined` if it has no such key; rejects if it
   * fails and nothing cached can stand in.
   */
  lookUp(fingerprint: string, digests: readonly string[]): MaybePromise<Key | undefined> {
    const underWay = this.#underWay.get(fingerprint);
    if (underWay !== undefined) return underWay;
    const lastSaid = this.#failingAskedAt === undefined ? undefined : this.#standIn(fingerprint);
    if (lastSaid !== undefined) {
      this.#askAgain(fingerprint, digests);
      return lastSaid;
    }
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
    return settled;
  }

  /** Drops a key that was changed. Called after the store has committed. */
  forget(keyId: string): void {
    this.#changes += 1;
    this.#underWay.clear();
    const key = this.#entries.peek(this.#fingerprintById.get(keyId) ?? "");
    if (key !== undefined) key.generation = DROPPED;
  }

  /** Has every key looked up again: word of a change may have been lost. */
  expire(): void {
    this.#changes += 1;
    this.#generation += 1;
    this.#failingAskedAt = undefined;
    this.#underWay.clear();
  }

  #read(fingerprint: string, digests: readonly string[], tries: number): MaybePromise<Key | undefined> {
    const changes = this.#changes;
    const readAt = this.#options.clock();
    return whenReady(this.#find(digests, 0), (record) => {
      this.#failingAskedAt = undefined;
      if (changes !== this.#changes && tries > 1) return this.#read(fingerprint, digests, tries - 1);
      if (record === undefined) {
        this.#entries.delete(fingerprint);
        return undefined;
      }
      const key = this.#resolve(record, readAt);
      if (changes === this.#changes) {
        key.generation = this.#generation;
        this.#entries.set(fingerprint, key);
        this.#fingerprintById.set(record.id, fingerprint);
      }
      return key;
    });
  }

  #find(digests: readonly string[], index: number): MaybePromise<KeyRecord | undefined> {
    const digest = digests[index];
    if (digest === undefined) return undefined;
    return whenReady(
      this.#options.store.findByDigest(digest),
      (record) => record ?? this.#find(digests, index + 1),
    );
  }

  #failed(fingerprint: string, error: unknown): Key {
    const { clock, storeFailed } = this.#options;
    this.#failingAskedAt = clock();
    storeFailed(error);
    const key = this.#standIn(fingerprint);
    if (key === undefined) throw error;
    return key;
  }

  /** While the store is down, what it last said holds for a while longer. Never for a key that was dropped. */
  #standIn(fingerprint: string): Key | undefined {
    const key = this.#entries.get(fingerprint);
    const { clock, lifetimeMs, staleForMs } = this.#options;
    if (key === undefined || key.generation === DROPPED) return undefined;
    return clock() - key.readAt < lifetimeMs + staleForMs ? key : undefined;
  }

  /** Now and then, and without the request that brought it up: a store that hangs would hold up each. */
  #askAgain(fingerprint: string, digests: readonly string[]): void {
    const { clock, storeFailed } = this.#options;
    const now = clock();
    const sinceMs = now - (this.#failingAskedAt ?? now);
    if (sinceMs >= 0 && sinceMs < ASK_AGAIN_MS) return;
    this.#failingAskedAt = now;
    try {
      const found = this.#read(fingerprint, digests, TRIES);
      if (found instanceof Promise) found.catch(storeFailed);
    } catch (error) {
      storeFailed(error);
    }
  }
}
