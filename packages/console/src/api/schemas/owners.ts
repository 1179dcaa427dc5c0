import { z } from "@hono/zod-openapi";
import { Addresses, PauseSchema, Plan } from "./keys.ts";
import { OwnLimitsSchema } from "./limits.ts";
import { MetadataSchema, Name, PageSizeQuery, Time } from "./text.ts";

export const OwnerSchema = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    plan: z.string().nullable().openapi({ description: "If `null`, the plan `default` applies." }),
    ownLimits: z
      .union([OwnLimitsSchema, z.null()])
      .openapi({ description: "Limits of all keys of the owner together that override the plan's." }),
    allowedAddresses: Addresses.nullable().openapi({ description: "`null` allows every address." }),
    status: z.enum(["active", "paused"]),
    pause: z.union([PauseSchema, z.null()]),
    createdAt: Time,
    revision: z.int().openapi({ description: "The value of the ETag." }),
    metadata: MetadataSchema,
  })
  .openapi("Owner");

export const OwnerPageSchema = z
  .object({ owners: z.array(OwnerSchema), nextCursor: z.string().nullable() })
  .openapi("OwnerPage");

export const UpdateOwnerSchema = z
  .strictObject({
    name: Name.nullable().optional(),
    plan: Plan.nullable().optional(),
    limits: z.union([OwnLimitsSchema, z.null()]).optional(),
    allowedAddresses: Addresses.nullable().optional(),
    metadata: MetadataSchema.optional(),
  })
  .openapi("UpdateOwner", { description: "Fields that are left out stay. `null` removes a value." });

export const OwnerId = z.object({
  ownerId: z.string().openapi({ param: { name: "ownerId", in: "path" }, example: "acme" }),
});

export const ListOwnersSchema = z.object({
  search: Name.optional().openapi({ description: "Contained in the id or the name." }),
  cursor: Name.optional().openapi({ description: "`nextCursor` of the previous page." }),
  limit: PageSizeQuery,
});
