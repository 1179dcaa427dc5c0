import { ClientError } from "./errors.ts";
import type { ClientOptions } from "./options.ts";

/**
 * Provides the key of an API. Loads it again if the latest one was rejected; calls that were rejected together load it
 * once.
 */
export type KeySource = (rejected?: string) => Promise<string>;

/** @throws ClientError `invalid-option`. With a function as the option, the key source rejects with it. */
export function createKeySource(option: ClientOptions["apiKey"]): KeySource {
  const load = typeof option === "function" ? option : () => option ?? keyOfEnvironment();
  if (load !== option) checkKey(load());
  let latest: Promise<string> | undefined;
  return async (rejected) => {
    const previous = latest;
    // After a failure, the next call loads the key again.
    const key = await previous?.catch(() => rejected);
    if (latest === previous && key === rejected) latest = Promise.resolve().then(load).then(checkKey);
    return latest as Promise<string>;
  };
}

function checkKey(key: unknown): string {
  if (typeof key === "string" && /^[\x21-\x7e]+$/.test(key)) return key;
  throw new ClientError("invalid-option", "apiKey, or KEYWARD_API_KEY, must be the key as it was copied.");
}

/** Browsers have no environment. */
function keyOfEnvironment(): string | undefined {
  return (globalThis as { process?: { env?: Record<string, string> } }).process?.env?.["KEYWARD_API_KEY"];
}
