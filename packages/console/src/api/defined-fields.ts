export type OrUndefined<T> = { [Field in keyof T]: T[Field] | undefined };

/** An object without the fields that are undefined. */
export function definedFields<T extends object>(fields: OrUndefined<T>): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
