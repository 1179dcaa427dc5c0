import type { MaybePromise } from "../maybe-promise.ts";

/** Keeps a check value for each secret that keys were made under, so that a wrong secret is noticed. */
export interface SecretStore {
  readSecretChecks(): MaybePromise<readonly string[]>;
  /** Adds a value. Adding one that is there changes nothing. */
  addSecretCheck(value: string): MaybePromise<void>;
}
