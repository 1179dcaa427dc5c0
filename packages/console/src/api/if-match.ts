import { KeywardError, type RevisionGuard } from "@keyward/core";
import { z } from "@hono/zod-openapi";

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
      description:
        "The ETag that the key or owner must have, several of them, or `*`; otherwise 412 `key-changed` or `owner-changed`.",
      example: '"3"',
    }),
});

interface Revised {
  readonly revision: number;
}

/**
 * The condition of an `If-Match` field (RFC 9110, 13.1.1). It holds for one revision, so that a concurrent change fails it too.
 * Weak tags never match.
 *
 * @param read reads the key or owner. It is called only if the field names a revision.
 * @throws KeywardError with the code `changed` if the field does not list the current ETag
 */
export async function guardOf(
  ifMatch: string | undefined,
  read: () => Promise<Revised>,
  changed: "key-changed" | "owner-changed",
): Promise<RevisionGuard> {
  if (ifMatch === undefined || ifMatch === "*") return {};
  const tags: readonly string[] = ifMatch.match(new RegExp(ENTITY_TAG, "g")) ?? [];
  const current = await read();
  if (tags.includes(etagOf(current))) return { ifRevision: current.revision };
  throw new KeywardError(changed, `The current ETag is ${etagOf(current)}, which If-Match does not list.`);
}

export function etagOf({ revision }: Revised): string {
  return `"${revision}"`;
}
