import { createPublicKey, type KeyObject } from "node:crypto";
import { HOUR_MS, MINUTE_MS } from "../time.ts";

/** URL of the public keys with which GitHub signs reports. */
const PUBLIC_KEYS_URL = "https://api.github.com/meta/public_keys/secret_scanning";

/** For how long the keys are used without asking again. */
const FRESH_MS = HOUR_MS;

/** Minimum time between two requests for the keys because of an unknown key identifier. GitHub permits 60 requests an hour. */
const RETRY_AFTER_MS = 5 * MINUTE_MS;

const TIMEOUT_MS = 5000;

/** The list as GitHub sends it. */
interface PublishedKeys {
  readonly public_keys: readonly { readonly key_identifier: string; readonly key: string }[];
}

/** GitHub's public keys by their identifiers. */
export interface GitHubKeys {
  /**
   * The key with an identifier; `undefined` if GitHub lists no such key.
   *
   * Rejects if the list is needed and cannot be read.
   */
  find(identifier: string): Promise<KeyObject | undefined>;
}

export function createGitHubKeys(fetch: typeof globalThis.fetch, clock: () => number): GitHubKeys {
  let keys = new Map<string, KeyObject>();
  let readAt = -Infinity;
  let triedAt = -Infinity;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    const headers = { accept: "application/vnd.github+json", "user-agent": "keyward" };
    const response = await fetch(PUBLIC_KEYS_URL, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`GitHub's public keys cannot be read: status ${response.status}.`);
    const { public_keys: published } = (await response.json()) as PublishedKeys;
    keys = new Map(published.map(({ key_identifier: id, key }) => [id, createPublicKey(key)]));
    readAt = clock();
  }

  /** Reads the list, once for all that wait for it. */
  function refresh(): Promise<void> {
    triedAt = clock();
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  return {
    async find(identifier) {
      const now = clock();
      const isFresh = now >= readAt && now < readAt + FRESH_MS;
      const known = keys.get(identifier);
      if (known !== undefined && isFresh) return known;
      const mayAsk = reading !== undefined || now < triedAt || now >= triedAt + RETRY_AFTER_MS;
      if (mayAsk) {
        try {
          await refresh();
        } catch (error) {
          // Keys change rarely: one that was published an hour ago is better than none.
          if (known === undefined) throw error;
        }
      } else if (keys.size === 0) {
        throw new Error("GitHub's public keys could not be read a short time ago.");
      }
      return keys.get(identifier);
    },
  };
}
