import type { KeyStore } from "@keyward/core";
import { testAudit } from "./key-store/audit.ts";
import { testDurability } from "./key-store/durability.ts";
import { testKeys } from "./key-store/keys.ts";
import { testListing } from "./key-store/listing.ts";
import { testUsage } from "./key-store/usage.ts";
import type { TestRunner } from "./runner.ts";

/** A store that is to be tested, and what it can do. */
export interface KeyStoreUnderTest {
  readonly name: string;
  /** An empty store of its own. */
  create(): Promise<OpenedStore>;
}

/** A store as a suite is given it. */
export interface OpenedStore {
  readonly store: KeyStore;
  /** A second connection to the same data, for stores that are durable. Closed by the suite. */
  reopen?(): Promise<KeyStore>;
  /** Called after `store` was closed. */
  cleanUp?(): Promise<void>;
}

/** Adds a case that has a store of its own. */
export type KeyStoreCase = (
  title: string,
  body: (store: KeyStore, opened: OpenedStore) => Promise<void>,
) => void;

/** Holds a key store to its contract: what is written is there, atomically, and a revoked key stays revoked. */
export function testKeyStore({ describe, it }: TestRunner, { name, create }: KeyStoreUnderTest): void {
  const test: KeyStoreCase = (title, body) =>
    it(title, async () => {
      const opened = await create();
      try {
        await body(opened.store, opened);
      } finally {
        await opened.store.close();
        await opened.cleanUp?.();
      }
    });

  describe(`${name} key store`, () => {
    testKeys(test);
    testListing(test);
    testAudit(test);
    testUsage(test);
    testDurability(test);
  });
}
