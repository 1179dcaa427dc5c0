import { foldCase, type KeyFilter, type KeyListPage } from "@keyward/core";
import { sql, type ExpressionBuilder, type Kysely } from "kysely";
import type { KeyRow, Schema } from "./schema.ts";
import { contains, findInIndex } from "./search-keys.ts";
import { selectKeys } from "./select-keys.ts";
import type { TableLocation } from "./table-location.ts";

/** What conditions on a page of keys are written with. */
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
  const { ownerId, plan, status, search } = filter;
  const inIndex = search === undefined ? undefined : await findInIndex(db, search, location);
  const { by, id, direction, isAfter } = ORDERS[order];
  return selectKeys(db)
    .$if(ownerId !== undefined, (query) => query.where("k.owner_id", "=", ownerId as string))
    .$if(plan !== undefined, (query) => query.where("k.plan", "=", plan as string))
    .$if(status !== undefined, (query) => query.where((eb) => hasStatus(eb, status as Status)))
    .$if(inIndex !== undefined, (query) => query.where(inIndex as NonNullable<typeof inIndex>))
    .$if(search !== undefined, (query) => query.where(contains(search as string)))
    .$if(after !== undefined, (query) => query.where((eb) => isAfter(eb, after as After)))
    .orderBy(by, direction)
    .$if(by !== id, (query) => query.orderBy(id, direction))
    .limit(limit)
    .execute();
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
  /** Whether a key comes after the last one of the page before. */
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
