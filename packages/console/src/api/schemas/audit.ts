import { z } from "@hono/zod-openapi";
import { AUDIT_ACTIONS } from "@keyward/core";
import { MetadataSchema, Name, PageSizeQuery, Time } from "./text.ts";

export const AuditPageSchema = z
  .object({
    events: z.array(
      z.object({
        id: z.string(),
        at: Time,
        action: z.string().openapi({ example: "key.revoked" }),
        keyId: z.string().nullable(),
        keyName: z.string().nullable().openapi({ description: "The current name of the key." }),
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
  action: z.enum(AUDIT_ACTIONS).optional(),
  actor: Name.optional().openapi({
    description: "The name of the actor. Customers find operators as `operator` only.",
  }),
  level: z.enum(["owner", "operator"]).optional().openapi({
    description: "Events by customers (`owner`), or by operators.",
  }),
  from: Time.optional(),
  to: Time.optional().openapi({ description: "Excluded." }),
  cursor: Name.optional().openapi({ description: "`nextCursor` of the previous page." }),
  limit: PageSizeQuery,
});

const Head = z.object({ sequence: z.int(), mac: z.string() });

export const AuditVerificationSchema = z
  .object({
    ok: z.boolean().openapi({ description: "True if no event was edited, removed or inserted." }),
    events: z.int().openapi({ description: "The number of events that were verified." }),
    head: Head.nullable().openapi({ description: "The last event. `null` in an empty log." }),
    problems: z
      .array(z.object({ kind: z.enum(["edited", "removed", "inserted"]), message: z.string() }))
      .openapi({ description: "At most 100." }),
    verifiedAt: Time,
  })
  .openapi("AuditVerification");
