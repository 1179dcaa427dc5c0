/** A value that JSON can represent. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Custom data of a key or an owner: any JSON value per name. Stored, and never interpreted. */
export type Metadata = Readonly<Record<string, JsonValue>>;
