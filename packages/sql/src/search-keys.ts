import { foldCase } from "@keyward/core/store";
import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Schema } from "./schema.ts";
import { qualify, type TableLocation } from "./table-location.ts";

/** The columns that are searched, as the indexes have them. */
const SEARCHED = ["name", "owner_id", "masked"] as const;

/** Keys up to which an index of what they contain is faster than going through them in the order of the page. */
const MAX_FROM_INDEX = 2000;

/** True if a searched column of a key `k` contains a text, with A to Z folded. */
export function contains(search: string): RawBuilder<boolean> {
  const pattern = `%${foldCase(search).replace(/[\\%_]/g, "\\$&")}%`;
  const alternatives = SEARCHED.map(
    (column) => sql`lower(${sql.ref(`k.${column}`)}) like ${pattern} escape '\\'`,
  );
  return sql<boolean>`(${sql.join(alternatives, sql` or `)})`;
}

/**
 * A condition by which an index finds the keys that can contain a text; {@link contains} decides. `undefined` where the
 * index would not help: the text is shorter than three characters, or too many keys contain its parts.
 */
export async function findInIndex(
  db: Kysely<Schema>,
  search: string,
  location: TableLocation,
): Promise<RawBuilder<boolean> | undefined> {
  const parts = trigramsOf(foldCase(search));
  if (parts.length === 0) return undefined;
  if (location.kind === "postgres") {
    // PostgreSQL's statistics tell it how many keys contain what.
    const indexed = sql.raw(`${qualify(location, "keyward_trigrams")}(k.name, k.owner_id, k.masked)`);
    return sql<boolean>`${indexed} @> ${parts}::text[]`;
  }
  const query = parts.map((part) => `"${part.replaceAll('"', '""')}"`).join(" AND ");
  const found = sql`select rowid from keyward_key_search where keyward_key_search match ${query}`;
  const { rows } = await sql`${found} limit 1 offset ${MAX_FROM_INDEX}`.execute(db);
  return rows.length > 0 ? undefined : sql<boolean>`k.seq in (${found})`;
}

/** Each three characters in a row. */
function trigramsOf(text: string): readonly string[] {
  const characters = Array.from(text);
  return [
    ...new Set(
      characters.slice(2).map((last, index) => `${characters[index]}${characters[index + 1]}${last}`),
    ),
  ];
}
