export { inspectStore, type StoreReport } from "./inspect-store.ts";
export { migrateStore, printMigrations } from "./migrate-store.ts";
export { openStore, type OpenStoreOptions } from "./open-store.ts";
export type { PostgresPool, PostgresStoreOptions } from "./postgres/options.ts";
export { postgresStore } from "./postgres/postgres-store.ts";
export { sqliteStore, type SqliteStoreOptions } from "./sqlite/sqlite-store.ts";
