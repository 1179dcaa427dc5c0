import { KeywardError, type ApiKey, type RevisionGuard } from "@keyward/core";
import { z } from "@hono/zod-openapi";
import { etagOf } from "./key-view.ts";

/** An entity tag of RFC 9110. A weak one begins with `W/`. */
const ENTITY_TAG = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`;

export const IfMatchHeader = z.object({
  "if-match": z
    .string()
    .regex(
      new RegExp(String.raw`^(?:\*|${ENTITY_TAG}(?:[ \t]*,[ \t]*${ENTITY_TAG})*)$`),
      "must be ETags or *",
    )
    .optional()
    .openapi({
      description: "The ETag that the key must have, several of them, or `*`; otherwise 412 `key-changed`.",
      example: '"3"',
    }),
});

/**
 * The condition of an `If-Match` field (RFC 9110, 13.1.1) for a key as it was just read. It holds for one revision, so
 * that a change which somebody makes in between fails it too. Weak tags never match.
 *
 * @throws KeywardError `key-changed` if no tag is the key's
 */
export function guardOf(ifMatch: string | undefined, key: ApiKey): RevisionGuard {
  if (ifMatch === undefined || ifMatch === "*") return {};
  const tags: readonly string[] = ifMatch.match(new RegExp(ENTITY_TAG, "g")) ?? [];
  if (tags.includes(etagOf(key))) return { ifRevision: key.revision };
  throw new KeywardError("key-changed", `The key has the ETag ${etagOf(key)}, which If-Match does not list.`);
}
