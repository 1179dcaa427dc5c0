import type { Kysely, Migration } from "kysely";
import { textOf, type Database } from "./database.ts";

/** How often a key was changed, so that a change can be meant for what was seen; and by which request it was made. */
export function revision(database: Database): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable("keyward_key")
        .addColumn("revision", "integer", (column) => column.notNull().defaultTo(1))
        .execute();
      await db.schema.alterTable("keyward_key").addColumn("idempotency_key", textOf(database)).execute();
      await db.schema
        .createIndex("keyward_key_by_request")
        .unique()
        .on("keyward_key")
        .column("idempotency_key")
        .execute();
    },
  };
}
