import { KeywardError } from "../errors.ts";
import {
  checkBoolean,
  checkChoice,
  checkFields,
  checkPageSize,
  checkText,
  checkTime,
  isText,
} from "./input.ts";
import type { KeyQuery, ListKeysQuery } from "./lifecycle.ts";
import type { KeyRecord, KeyStatus } from "./record.ts";
import type { KeyFilter, KeyListPage, KeyOrder } from "../store/key-store.ts";

const TEXTS = ["ownerId", "plan", "search", "environment", "scope", "lineageId"] as const;
const TIMES = ["expiresBefore", "createdBefore", "unusedSince"] as const;
const FILTER_FIELDS = [...TEXTS, ...TIMES, "status", "isRotated"];
const FIELDS = [...FILTER_FIELDS, "order", "cursor", "limit"];
const STATUSES: readonly KeyStatus[] = ["active", "paused", "expired", "revoked"];
const ORDERS: readonly KeyOrder[] = ["newest", "name", "last-used"];

/** Checks the input of a listing. */
export function checkListing(query: ListKeysQuery, now: number): KeyListPage & { filter: KeyFilter } {
  checkFields(query, FIELDS, "list");
  const order = checkChoice(query.order ?? "newest", "order", ORDERS) as KeyOrder;
  return {
    filter: toFilter(query, now),
    order,
    after: query.cursor === undefined ? undefined : readCursor(query.cursor, order),
    limit: checkPageSize(query.limit ?? 50),
  };
}

/** Checks which keys to count. */
export function checkKeyQuery(query: KeyQuery, now: number): KeyFilter {
  checkFields(query, FILTER_FIELDS, "count");
  return toFilter(query, now);
}

function toFilter(query: KeyQuery, now: number): KeyFilter {
  const is = query.status && (checkChoice(query.status, "status", STATUSES) as KeyStatus);
  const text = (field: (typeof TEXTS)[number]) =>
    query[field] === undefined ? undefined : checkText(query[field], field);
  const time = (field: (typeof TIMES)[number]) =>
    query[field] === undefined ? undefined : checkTime(query[field], field);
  return {
    ownerId: text("ownerId"),
    plan: text("plan"),
    search: text("search"),
    environment: text("environment"),
    scope: text("scope"),
    lineageId: text("lineageId"),
    expiresBefore: time("expiresBefore"),
    createdBefore: time("createdBefore"),
    unusedSince: time("unusedSince"),
    isRotated: query.isRotated === undefined ? undefined : checkBoolean(query.isRotated, "isRotated"),
    status: is && { is, now },
  };
}

/**
 * Position of the next page: the last key and its sort value. A key that moves in the meantime does not move others.
 */
export function nextCursor({ id, name, lastUsedAt }: KeyRecord, order: KeyOrder): string {
  return Buffer.from(JSON.stringify([order, id, name, lastUsedAt])).toString("base64url");
}

function readCursor(cursor: unknown, wanted: KeyOrder): KeyListPage["after"] {
  try {
    const [order, id, name, lastUsedAt] = JSON.parse(Buffer.from(cursor as string, "base64url").toString());
    const isCursor =
      order === wanted &&
      isText(id) &&
      isText(name) &&
      (lastUsedAt === null || Number.isSafeInteger(lastUsedAt));
    if (isCursor) return { id, name, lastUsedAt };
  } catch {
    // Reported below.
  }
  throw new KeywardError("invalid-input", "cursor must be the nextCursor of a page in the same order.", {
    field: "cursor",
  });
}

/** Folds names for comparison and search in stores: only A to Z becomes a to z, as in databases of any locale. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
