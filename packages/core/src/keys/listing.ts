import { KeywardError } from "../errors.ts";
import { checkChoice, checkFields, checkPageSize, checkText, isText } from "./input.ts";
import type { ListKeysQuery } from "./lifecycle.ts";
import type { KeyRecord, KeyStatus } from "./record.ts";
import type { KeyFilter, KeyListPage, KeyOrder } from "../store/key-store.ts";

const FIELDS = ["ownerId", "plan", "status", "search", "order", "cursor", "limit"];
const STATUSES: readonly KeyStatus[] = ["active", "paused", "expired", "revoked"];
const ORDERS: readonly KeyOrder[] = ["newest", "name", "last-used"];

/** Checks what a listing asks for. */
export function checkListing(query: ListKeysQuery, now: number): KeyListPage & { filter: KeyFilter } {
  checkFields(query, FIELDS, "list");
  const text = (field: "ownerId" | "plan" | "search") =>
    query[field] === undefined ? undefined : checkText(query[field], field);
  const order = checkChoice(query.order ?? "newest", "order", ORDERS) as KeyOrder;
  const is = query.status && (checkChoice(query.status, "status", STATUSES) as KeyStatus);
  return {
    filter: {
      ownerId: text("ownerId"),
      plan: text("plan"),
      search: text("search"),
      status: is && { is, now },
    },
    order,
    after: query.cursor === undefined ? undefined : readCursor(query.cursor, order),
    limit: checkPageSize(query.limit ?? 50),
  };
}

/**
 * Where the next page begins: the key that was last, and what it was sorted by, so that a key which moves meanwhile
 * moves no other.
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

/** How stores compare and search names: A to Z as a to z and nothing else, as databases do it whatever their language. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
