import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import { qualify, type TableLocation } from "./table-location.ts";

/** Keys `k` with their last uses `u`. */
export function selectKeys(db: Kysely<Schema>) {
  return db
    .selectFrom("keyward_key as k")
    .innerJoin("keyward_last_use as u", "u.key_id", "k.id")
    .selectAll("k")
    .select(["u.at as last_used_at", "u.address as last_used_address"]);
}

const OWNER_COLUMNS = [
  "name",
  "plan",
  "limits",
  "limits_until",
  "allowed_addresses",
  "paused_at",
  "paused_until",
  "pause_reason",
  "paused_by",
  "created_at",
  "metadata",
  "revision",
] as const satisfies readonly (keyof Schema["keyward_owner"])[];

/** The statement that looks a key up by a column, with its owner, as {@link OwnedKeyRow}. It has one parameter. */
export function ownedKeySql(location: TableLocation, column: "id" | "digest", parameter: string): string {
  const table = (name: keyof Schema) => qualify(location, name);
  const owner = OWNER_COLUMNS.map((each) => `o.${each} as owner__${each}`).join(", ");
  return `
    select k.*, u.at as last_used_at, u.address as last_used_address, ${owner}
    from ${table("keyward_key")} k join ${table("keyward_last_use")} u on u.key_id = k.id
    left join ${table("keyward_owner")} o on o.id = k.owner_id
    where k.${column} = ${parameter}`;
}
