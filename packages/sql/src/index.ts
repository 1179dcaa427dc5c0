export { openStore } from "./open-store.ts";
export { sqliteStore } from "./sqlite/sqlite-store.ts";
