import type { Kysely, Migration } from "kysely";
import { textOf, type Database } from "./database.ts";

/** Where a key was last used from; that it was used at all is no longer kept by hour. */
export function lastUse(database: Database): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable("keyward_key").addColumn("last_used_address", textOf(database)).execute();
      await db.schema.alterTable("keyward_usage").dropColumn("last_used_at").execute();
    },
  };
}
