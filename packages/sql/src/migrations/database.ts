import { sql, type RawBuilder } from "kysely";

/** The databases there are migrations for. */
export type Database = "sqlite" | "postgres";

/** What a column of text is declared as: compared byte by byte, whatever language the database is set to. */
export function textOf(database: Database): "text" | RawBuilder<unknown> {
  return database === "postgres" ? sql`text collate "C"` : "text";
}
