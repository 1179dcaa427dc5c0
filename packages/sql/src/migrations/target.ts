/** The database that a migration's statements are for. */
export interface MigrationTarget {
  readonly kind: "sqlite" | "postgres";
  /** Where the tables are, in PostgreSQL; `undefined` is the first schema of the role's search path. */
  readonly schema?: string | undefined;
}

/** The name of a table or a function, in its schema. */
export function qualify({ schema }: MigrationTarget, name: string): string {
  return schema === undefined ? name : `"${schema}".${name}`;
}
