import { z } from "@hono/zod-openapi";
import { MetadataSchema, Name, PageSizeQuery, Time } from "./text.ts";

export const AuditPageSchema = z
  .object({
    events: z.array(
      z.object({
        id: z.string(),
        at: Time,
        action: z.string().openapi({ example: "key.revoked" }),
        keyId: z.string().nullable(),
        ownerId: z.string().nullable(),
        actor: z.string(),
        level: z.enum(["owner", "operator"]),
        address: z.string().nullable(),
        details: MetadataSchema.openapi({
          description: "The input of the action, and `changes` by field: `{ before, after }`.",
        }),
      }),
    ),
    nextCursor: z.string().nullable(),
  })
  .openapi("AuditPage");

export const AuditQuerySchema = z.object({
  keyId: Name.optional(),
  ownerId: Name.optional().openapi({ description: "Events of an owner and of its keys." }),
  cursor: Name.optional().openapi({ description: "`nextCursor` of the previous page." }),
  limit: PageSizeQuery,
});
