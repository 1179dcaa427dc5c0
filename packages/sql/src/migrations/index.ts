import { createTables } from "./0001-tables.ts";
import type { MigrationTarget } from "./target.ts";

/** The statements of every migration by name, in the order they run. A released one is never changed. */
export const MIGRATIONS: Readonly<Record<string, (target: MigrationTarget) => readonly string[]>> = {
  "0001-tables": createTables,
};
