import { KeywardError } from "../errors.ts";
import type { SecretStore } from "../store/secret-store.ts";
import { createSigner, type KeySigner } from "./signer.ts";

/** Delay before the store is asked again after a failure. */
const RETRY_AFTER_MS = 1000;

/** Time that requests wait for the store at startup. A store that does not respond is not a mismatch. */
const WAIT_MS = 2000;

/**
 * True if keys of a store are valid under these secrets, by the check values that the store keeps. A store without values has never been
 * used, and fits every secret.
 */
export function matchesStoredSecret(
  secrets: readonly [string, ...string[]],
  checkValues: readonly string[],
): boolean {
  return matches(createSigner(secrets), checkValues);
}

function matches(signer: KeySigner, known: readonly string[]): boolean {
  return known.length === 0 || signer.checkValues().some((value) => known.includes(value));
}

/** True if the secret is the one that the store's keys were made under. */
export interface SecretCheck {
  /** Settles when requests need not wait any longer: the store was checked, or does not respond. Never rejects. */
  readonly firstTry: Promise<void>;
  /** Settles when the store was checked. Rejects with `secret-mismatch`. */
  ready(): Promise<void>;
  /** The mismatch, once it is known. */
  readonly mismatch: KeywardError | undefined;
  stop(): void;
}

/**
 * Compares the secret with the values that the store keeps. A new store gets the value of the newest secret; a list of secrets passes if any
 * of them matches, and then the newest is added.
 */
export function checkSecret(
  store: SecretStore,
  signer: KeySigner,
  failed: (error: unknown) => void,
): SecretCheck {
  let mismatch: KeywardError | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const { promise, resolve, reject } = deferred();
  // Callers handle the rejection.
  promise.catch(() => {});

  async function tryOnce(): Promise<void> {
    try {
      await compare();
      resolve();
    } catch (error) {
      if (error instanceof KeywardError && error.code === "secret-mismatch") {
        mismatch = error;
        reject(error);
        return;
      }
      failed(error);
      if (stopped) return;
      timer = setTimeout(() => void tryOnce(), RETRY_AFTER_MS);
      timer.unref();
    }
  }

  async function compare(): Promise<void> {
    const [newest] = signer.checkValues();
    const known = await store.readSecretChecks();
    if (known.includes(newest)) return;
    if (!matches(signer, known)) {
      throw new KeywardError(
        "secret-mismatch",
        "The secret is not the one that this store's keys were made under: no key would work. Use that secret, or a list with the new secret first and the old one after it.",
      );
    }
    await store.addSecretCheck(newest);
  }

  let wait: NodeJS.Timeout | undefined;
  const first = tryOnce();
  const firstTry = Promise.race([
    first,
    new Promise<void>((done) => {
      wait = setTimeout(done, WAIT_MS);
    }),
  ]).finally(() => clearTimeout(wait));

  return {
    firstTry,
    ready: () => promise,
    get mismatch() {
      return mismatch;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      clearTimeout(wait);
      // A Keyward that is closed before the store responded has no mismatch.
      resolve();
    },
  };
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}
