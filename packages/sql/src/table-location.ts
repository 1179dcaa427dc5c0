import { sql, type RawBuilder } from "kysely";

/** Location of the tables: SQL differs between databases, and PostgreSQL has schemas. */
export interface TableLocation {
  readonly kind: "sqlite" | "postgres";
  /** In PostgreSQL; `undefined` is the first schema of the role's search path. */
  readonly schema?: string | undefined;
}

/** The name of a table or a function in its schema, as SQL text. */
export function qualify({ schema }: TableLocation, name: string): string {
  return schema === undefined ? name : `"${schema}".${name}`;
}

/** The same in a query. Queries that Kysely builds know their schema already. */
export function tableIn({ schema }: TableLocation, name: string): RawBuilder<unknown> {
  return schema === undefined ? sql.id(name) : sql.id(schema, name);
}
