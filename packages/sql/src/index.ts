export { inspectStore, type StoreReport } from "./inspect-store.ts";
export { openStore } from "./open-store.ts";
export { postgresStore, type PostgresStoreOptions } from "./postgres/postgres-store.ts";
export { sqliteStore } from "./sqlite/sqlite-store.ts";
