import type { AuditStore } from "./audit-store.ts";
import type { ClaimStore } from "./claim-store.ts";
import type { CountStore } from "./count-store.ts";
import type { KeyStore } from "./key-store.ts";
import type { SecretStore } from "./secret-store.ts";
import type { SessionStore } from "./session-store.ts";
import type { UsageStore } from "./usage-store.ts";

/** Everything that Keyward stores, by role. `memoryStore`, `sqliteStore` and `postgresStore` implement all of it. */
export interface Store
  extends KeyStore, AuditStore, UsageStore, CountStore, SecretStore, SessionStore, ClaimStore {}
