import { foldCase, type KeyFilter, type KeyListPage } from "@keyward/core/store";
import { sql, type ExpressionBuilder, type Kysely } from "kysely";
import type { KeyRow, Schema } from "./schema.ts";
import { contains, findInIndex } from "./search-keys.ts";
import { selectKeys } from "./select-keys.ts";
import type { TableLocation } from "./table-location.ts";

/** The expression builder for conditions on a page of keys. */
type Keys = ExpressionBuilder<
  Schema & { k: Schema["keyward_key"]; u: Schema["keyward_last_use"] },
  "k" | "u"
>;

/** One page of keys. */
export async function listKeys(
  db: Kysely<Schema>,
  filter: KeyFilter,
  { order, after, limit }: KeyListPage,
  location: TableLocation,
): Promise<readonly KeyRow[]> {
  const condition = await conditionOf(db, filter, location);
  const { by, id, direction, isAfter } = ORDERS[order];
  return selectKeys(db)
    .where(condition)
    .$if(after !== undefined, (query) => query.where((eb) => isAfter(eb, after as After)))
    .orderBy(by, direction)
    .$if(by !== id, (query) => query.orderBy(id, direction))
    .limit(limit)
    .execute();
}

/** The number of keys that a filter matches. */
export async function countKeys(
  db: Kysely<Schema>,
  filter: KeyFilter,
  location: TableLocation,
): Promise<number> {
  const condition = await conditionOf(db, filter, location);
  const { count } = await db
    .selectFrom("keyward_key as k")
    .innerJoin("keyward_last_use as u", "u.key_id", "k.id")
    .where(condition)
    .select((eb) => eb.fn.countAll<number | string>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The condition that keys `k` with their last uses `u` meet. */
async function conditionOf(
  db: Kysely<Schema>,
  filter: KeyFilter,
  location: TableLocation,
): Promise<(eb: Keys) => ReturnType<Keys["and"]>> {
  const { ownerId, lineageId, plan, environment, scope, status, search } = filter;
  const { expiresBefore, createdBefore, unusedSince, isRotated } = filter;
  const inIndex = search === undefined ? undefined : await findInIndex(db, search, location);
  return (eb) =>
    eb.and([
      ...(ownerId === undefined ? [] : [eb("k.owner_id", "=", ownerId)]),
      ...(lineageId === undefined ? [] : [eb("k.lineage_id", "=", lineageId)]),
      ...(plan === undefined ? [] : [eb("k.plan", "=", plan)]),
      ...(environment === undefined ? [] : [eb("k.environment", "=", environment)]),
      ...(scope === undefined ? [] : [hasScope(scope, location)]),
      ...(expiresBefore === undefined ? [] : [eb("k.expires_at", "<", expiresBefore)]),
      ...(createdBefore === undefined ? [] : [eb("k.created_at", "<", createdBefore)]),
      ...(isRotated === undefined ? [] : [eb("k.rotated_to", isRotated ? "is not" : "is", null)]),
      ...(unusedSince === undefined
        ? []
        : [eb("k.created_at", "<", unusedSince), eb("u.at", "<", unusedSince)]),
      ...(status === undefined ? [] : [hasStatus(eb, status)]),
      ...(inIndex === undefined ? [] : [inIndex]),
      ...(search === undefined ? [] : [contains(search)]),
    ]);
}

type After = NonNullable<KeyListPage["after"]>;
type Status = NonNullable<KeyFilter["status"]>;

/** In SQLite, and in the collation "C" that the columns have in PostgreSQL, only A to Z are folded. */
const FOLDED_NAME = sql<string>`lower(k.name)`;
const LAST_USE = sql<number>`u.at`;
const ID = sql<string>`k.id`;
/** The same, as the index by last use has it. */
const ID_OF_USE = sql<string>`u.key_id`;

interface Order {
  readonly by: typeof ID | typeof LAST_USE;
  /** Decides between equals. */
  readonly id: typeof ID;
  readonly direction: "asc" | "desc";
  /** True if a key comes after the last one of the page before. */
  isAfter(eb: Keys, last: After): ReturnType<Keys["or"]>;
}

const ORDERS: Readonly<Record<KeyListPage["order"], Order>> = {
  newest: { by: ID, id: ID, direction: "desc", isAfter: (eb, last) => eb.or([eb(ID, "<", last.id)]) },
  name: {
    by: FOLDED_NAME,
    id: ID,
    direction: "asc",
    isAfter: (eb, last) =>
      eb.or([sql<boolean>`(${FOLDED_NAME}, ${ID}) > (${foldCase(last.name)}, ${last.id})`]),
  },
  "last-used": {
    by: LAST_USE,
    id: ID_OF_USE,
    direction: "desc",
    isAfter: (eb, last) =>
      eb.or([sql<boolean>`(${LAST_USE}, ${ID_OF_USE}) < (${last.lastUsedAt ?? 0}, ${last.id})`]),
  },
};

/** Scopes are a JSON list of texts that need no escaping. */
function hasScope(scope: string, { kind }: TableLocation) {
  const position = sql.raw(kind === "sqlite" ? "instr" : "strpos");
  return sql<boolean>`${position}(k.scopes, ${JSON.stringify(scope)}) > 0`;
}

function hasStatus(eb: Keys, { is, now }: Status) {
  const isRevoked = eb("k.revoked_at", "is not", null);
  const isExpired = eb("k.expires_at", "<=", now);
  const isPaused = eb.and([
    eb("k.paused_at", "is not", null),
    eb.or([eb("k.paused_until", "is", null), eb("k.paused_until", ">", now)]),
  ]);
  if (is === "revoked") return eb.and([isRevoked]);
  const isNotRevoked = eb("k.revoked_at", "is", null);
  if (is === "expired") return eb.and([isNotRevoked, isExpired]);
  const isNotExpired = eb.or([eb("k.expires_at", "is", null), eb("k.expires_at", ">", now)]);
  if (is === "paused") return eb.and([isNotRevoked, isNotExpired, isPaused]);
  const isNotPaused = eb.or([eb("k.paused_at", "is", null), eb("k.paused_until", "<=", now)]);
  return eb.and([isNotRevoked, isNotExpired, isNotPaused]);
}
