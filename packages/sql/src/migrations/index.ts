import type { Migration } from "kysely";
import { keys } from "./0001-keys.ts";
import { lastUse } from "./0002-last-use.ts";
import { revision } from "./0003-revision.ts";
import type { Database } from "./database.ts";

/** Every migration ever released, by name, in the order they run. None is ever changed. */
export const MIGRATIONS: Readonly<Record<string, (database: Database) => Migration>> = {
  "0001-keys": keys,
  "0002-last-use": lastUse,
  "0003-revision": revision,
};
