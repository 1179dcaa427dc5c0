import { changesBetween } from "../audit/events.ts";
import { NOT_PAUSED } from "./own-settings.ts";
import type { KeyRecord } from "./record.ts";

/** The settings that a key begins with where nothing is set. The audit event of a new key has those that differ. */
const NOT_SET = {
  environment: null,
  scopes: [],
  plan: null,
  limits: null,
  limitsUntil: null,
  allowedAddresses: null,
  expiresAt: null,
  ...NOT_PAUSED,
  metadata: {},
} as const satisfies { readonly [Field in keyof KeyRecord]?: unknown };

/** The settings of a new key, as changes for its audit event. Its name is not among them. */
export function newFields(record: KeyRecord): ReturnType<typeof changesBetween> {
  const fields = Object.keys(NOT_SET) as (keyof typeof NOT_SET)[];
  return changesBetween(NOT_SET, Object.fromEntries(fields.map((field) => [field, record[field]])));
}
