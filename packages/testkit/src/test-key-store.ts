import type { Store } from "@keyward/core";
import { testAudit } from "./key-store/audit.ts";
import { testClaims } from "./key-store/claims.ts";
import { testCounts } from "./key-store/counts.ts";
import { testDurability } from "./key-store/durability.ts";
import { testKeys } from "./key-store/keys.ts";
import { testListing } from "./key-store/listing.ts";
import { testOwners } from "./key-store/owners.ts";
import { testSessions } from "./key-store/sessions.ts";
import { testUsage } from "./key-store/usage.ts";
import type { TestRunner } from "./runner.ts";

/** A store to test. */
export interface KeyStoreUnderTest {
  readonly name: string;
  /** Opens an empty store for one test. */
  create(): Promise<OpenedStore>;
}

/** An open store. */
export interface OpenedStore {
  readonly store: Store;
  /** Opens a second connection to the same data, for stores that are durable. Closed by the suite. */
  reopen?(): Promise<Store>;
  /** Called after `store` was closed. */
  cleanUp?(): Promise<void>;
}

/** Adds a test that has its own store. */
export type KeyStoreCase = (
  title: string,
  body: (store: Store, opened: OpenedStore) => Promise<void>,
) => void;

/**
 * Tests that a store keeps its contract: calls are atomic, a revoked key stays revoked, and counts and usage add up.
 *
 * @example
 * ```ts
 * testKeyStore({ describe, it }, { name: "memory", create: async () => ({ store: memoryStore() }) });
 * ```
 */
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
    testOwners(test);
    testListing(test);
    testAudit(test);
    testUsage(test);
    testCounts(test);
    testSessions(test);
    testClaims(test);
    testDurability(test);
  });
}
