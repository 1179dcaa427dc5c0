import { foldCase, type KeyFilter, type KeyListPage } from "@keyward/core";
import { sql, type ExpressionBuilder, type Kysely } from "kysely";
import type { Schema } from "./schema.ts";

type Keys = ExpressionBuilder<Schema, "keyward_key">;

/** The query of one page of keys. */
export function listKeys(db: Kysely<Schema>, filter: KeyFilter, { order, after, limit }: KeyListPage) {
  const conditions = (eb: Keys) => [
    ...(filter.ownerId === undefined ? [] : [eb("owner_id", "=", filter.ownerId)]),
    ...(filter.plan === undefined ? [] : [eb("plan", "=", filter.plan)]),
    ...(filter.status === undefined ? [] : [hasStatus(eb, filter.status)]),
    ...(filter.search === undefined ? [] : [contains(eb, filter.search)]),
    ...(after === undefined ? [] : [ORDERS[order].after(eb, after)]),
  ];
  return db
    .selectFrom("keyward_key")
    .selectAll()
    .where((eb) => eb.and(conditions(eb)))
    .orderBy(ORDERS[order].by, ORDERS[order].direction)
    .orderBy("id", ORDERS[order].direction)
    .limit(limit);
}

/** In SQLite, and in the collation "C" that the columns have in PostgreSQL, only A to Z are folded. */
const FOLDED_NAME = sql<string>`lower(name)`;
const LAST_USE = sql<number>`coalesce(last_used_at, 0)`;
const ID = sql<string>`id`;

type Order = {
  readonly by: typeof ID | typeof LAST_USE;
  readonly direction: "asc" | "desc";
  /** What comes after a key: the same key again does not. */
  readonly after: (eb: Keys, key: NonNullable<KeyListPage["after"]>) => ReturnType<Keys["or"]>;
};

const ORDERS: Readonly<Record<KeyListPage["order"], Order>> = {
  newest: { by: ID, direction: "desc", after: (eb, { id }) => eb.or([eb("id", "<", id)]) },
  name: {
    by: FOLDED_NAME,
    direction: "asc",
    after: (eb, { id, name }) =>
      eb.or([
        eb(FOLDED_NAME, ">", foldCase(name)),
        eb.and([eb(FOLDED_NAME, "=", foldCase(name)), eb("id", ">", id)]),
      ]),
  },
  "last-used": {
    by: LAST_USE,
    direction: "desc",
    after: (eb, { id, lastUsedAt }) =>
      eb.or([
        eb(LAST_USE, "<", lastUsedAt ?? 0),
        eb.and([eb(LAST_USE, "=", lastUsedAt ?? 0), eb("id", "<", id)]),
      ]),
  },
};

function hasStatus(eb: Keys, { is, now }: NonNullable<KeyFilter["status"]>) {
  if (is === "revoked") return eb.and([eb("revoked_at", "is not", null)]);
  const expiry =
    is === "expired"
      ? eb("expires_at", "<=", now)
      : eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]);
  return eb.and([eb("revoked_at", "is", null), expiry]);
}

function contains(eb: Keys, search: string) {
  const pattern = `%${foldCase(search).replace(/[\\%_]/g, "\\$&")}%`;
  return eb.or(
    (["name", "owner_id", "masked"] as const).map(
      (column) => sql<boolean>`lower(${eb.ref(column)}) like ${pattern} escape '\\'`,
    ),
  );
}

/** The ids of an owner's keys, for a query of what belongs to them. */
export function keysOfOwner(db: Kysely<Schema>, ownerId: string) {
  return db.selectFrom("keyward_key").select("id").where("owner_id", "=", ownerId);
}
