import { createTables } from "./0001-tables.ts";
import type { TableLocation } from "../table-location.ts";

/** The statements of every migration by name, in the order they run. A released one is never changed. */
export const MIGRATIONS: Readonly<Record<string, (location: TableLocation) => readonly string[]>> = {
  "0001-tables": createTables,
};
