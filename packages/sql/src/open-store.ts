import { memoryStore, type Store } from "@keyward/core";
import { postgresStore } from "./postgres/postgres-store.ts";
import { sqliteStore } from "./sqlite/sqlite-store.ts";
import { pathOf, storeKindOf } from "./store-url.ts";

/** Options of `openStore()`. */
export interface OpenStoreOptions {
  /** Create and upgrade the tables. With `false`, run `keyward migrate` first. Default: `true`. */
  readonly migrate?: boolean | undefined;
}

/**
 * Opens the store that a setting such as `KEYWARD_STORE` names: `sqlite:<path>`, `postgres://…` (with `?schema=…` for
 * tables outside the default schema) or `memory:`.
 *
 * @throws KeywardError `invalid-option` for anything else, or what the store itself throws
 *
 * @example
 * ```ts
 * const store = await openStore(process.env.KEYWARD_STORE ?? "sqlite:./keyward.db");
 * ```
 */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<Store> {
  const kind = storeKindOf(url);
  if (kind === "memory") return memoryStore();
  return kind === "sqlite" ? sqliteStore(pathOf(url), options) : postgresStore({ url, ...options });
}
