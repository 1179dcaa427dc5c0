import { KeywardError, memoryStore, type KeyStore } from "@keyward/core";
import { postgresStore } from "./postgres/postgres-store.ts";
import { sqliteStore } from "./sqlite/sqlite-store.ts";

/**
 * Opens the store that a setting such as `KEYWARD_STORE` names: `sqlite:<path>`, `postgres://…` or
 * `memory:`.
 *
 * @throws KeywardError `invalid-option` for anything else, or what the store itself throws
 *
 * @example
 * ```ts
 * const store = await openStore(process.env.KEYWARD_STORE ?? "sqlite:./keyward.db");
 * ```
 */
export async function openStore(url: string): Promise<KeyStore> {
  if (url === "memory:") return memoryStore();
  if (url.startsWith("sqlite:")) return sqliteStore(url.slice("sqlite:".length));
  if (/^postgres(ql)?:/.test(url)) return postgresStore(url);
  // Only the scheme is repeated: the rest may hold a password.
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0] ?? "no scheme";
  throw new KeywardError(
    "invalid-option",
    `The key store: got ${scheme}, wants sqlite:<path>, postgres://user:password@host/database or memory:.`,
  );
}
