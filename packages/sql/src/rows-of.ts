import { sql, type RawBuilder } from "kysely";
import type { TableLocation } from "./table-location.ts";

/** Rows as a query that has one parameter, however many they are: an array of arrays as JSON. */
export function rowsOf(
  { kind }: TableLocation,
  columns: Readonly<Record<string, "text" | "bigint" | "integer">>,
  rows: readonly (readonly (string | number | null)[])[],
): RawBuilder<unknown> {
  const json = JSON.stringify(rows);
  const selected = Object.entries(columns).map(([name, type], index) => {
    const value = sql`value->>${sql.lit(index)}`;
    return sql`${type === "text" ? value : sql`cast(${value} as ${sql.raw(type)})`} as ${sql.id(name)}`;
  });
  const source =
    kind === "sqlite" ? sql`json_each(${json})` : sql`json_array_elements(${json}::json) as value`;
  return sql`select ${sql.join(selected)} from ${source}`;
}
