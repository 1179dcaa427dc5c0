import { z } from "@hono/zod-openapi";

/** What the admin API takes and gives, described once: validation, the OpenAPI document and the page's types come of it. */

const Time = z.iso.datetime({ offset: true }).openapi({ example: "2026-05-01T12:00:00.000Z" });

export const LimitsSchema = z
  .strictObject({
    rate: z.int().min(1).openapi({ description: "Requests a second, sustained." }),
    burst: z.int().min(1).openapi({ description: "Requests in any one second; at least `rate`." }),
    daily: z.int().min(1).openapi({ description: "Requests a UTC day." }),
  })
  .openapi("Limits");

const MetadataSchema = z
  .record(z.string(), z.unknown())
  .openapi({ description: "Any JSON by name; never interpreted." });

export const KeySchema = z
  .object({
    id: z.string().openapi({ example: "key_0Qc3ZkT1x8LmaRaBQ3v9" }),
    name: z.string(),
    masked: z.string().openapi({ example: "prod_********-****-****-1a234b56" }),
    environment: z.string(),
    ownerId: z.string(),
    scopes: z.array(z.string()),
    plan: z.string(),
    ownLimits: z.union([LimitsSchema, z.null()]).openapi({
      description: "In place of the plan's, where there are some.",
    }),
    limits: LimitsSchema,
    status: z.enum(["active", "expired", "revoked"]),
    createdAt: Time,
    expiresAt: Time.nullable(),
    revokedAt: Time.nullable(),
    rotatedTo: z.string().nullable().openapi({ description: "The key that took this one's place." }),
    lastUsedAt: Time.nullable(),
    lastUsedAddress: z.string().nullable(),
    revision: z.int().openapi({ description: "As the ETag has it." }),
    metadata: MetadataSchema,
    today: z
      .object({
        used: z.int().openapi({
          description: "Of the daily limit, by the key or, where its plan counts so, its owner.",
        }),
        resetAt: Time,
      })
      .nullable()
      .openapi({ description: "`null` where the limiter did not answer, and for keys that are not active." }),
  })
  .openapi("ApiKey");

export const CreatedKeySchema = z
  .object({
    key: KeySchema,
    secret: z.string().openapi({ description: "The key itself: now, and never again." }),
  })
  .openapi("CreatedKey");

export const KeyPageSchema = z
  .object({ keys: z.array(KeySchema), nextCursor: z.string().nullable() })
  .openapi("ApiKeyPage");

const Name = z.string().min(1).max(200);
const Scopes = z.array(z.string()).max(100);

export const CreateKeySchema = z
  .strictObject({
    name: Name,
    ownerId: z.string().min(1).max(200).optional(),
    environment: z.string().optional(),
    scopes: Scopes.optional(),
    plan: z.string().optional(),
    limits: LimitsSchema.optional(),
    expiresAt: Time.optional(),
    metadata: MetadataSchema.optional(),
  })
  .openapi("CreateApiKey");

export const UpdateKeySchema = z
  .strictObject({
    name: Name.optional(),
    scopes: Scopes.optional(),
    plan: z.string().optional(),
    limits: z.union([LimitsSchema, z.null()]).optional(),
    expiresAt: Time.nullable().optional(),
    metadata: MetadataSchema.optional(),
  })
  .openapi("UpdateApiKey");

/** A year: longer than anybody leaves two keys alive on purpose. */
const LONGEST_OVERLAP_SECONDS = 366 * 86_400;

export const RotateKeySchema = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(LONGEST_OVERLAP_SECONDS)
      .optional()
      .openapi({ description: "How long the old key lives on; 24 hours if left out." }),
  })
  .openapi("RotateApiKey");

export const UsageSchema = z
  .object({
    rows: z.array(
      z.object({
        start: Time,
        admitted: z.int(),
        cost: z.int(),
        refused: z.int(),
        refusedBy: z.object({ sustained: z.int(), burst: z.int(), daily: z.int() }),
        observed: z.int(),
      }),
    ),
  })
  .openapi("Usage");

export const AuditPageSchema = z
  .object({
    entries: z.array(
      z.object({
        id: z.string(),
        at: Time,
        action: z.string().openapi({ example: "key.revoked" }),
        keyId: z.string(),
        actor: z.string(),
        address: z.string().nullable(),
        details: MetadataSchema,
      }),
    ),
    nextCursor: z.string().nullable(),
  })
  .openapi("AuditPage");

export const SessionSchema = z
  .object({
    actor: z.string(),
    ownerId: z
      .string()
      .nullable()
      .openapi({ description: "Whose keys are shown; those of all owners if `null`." }),
    canSignOut: z.boolean(),
    environments: z.array(z.string()),
    header: z.string(),
    plans: z.array(
      z.object({
        name: z.string(),
        limits: LimitsSchema,
        countBy: z.enum(["key", "owner"]),
        mode: z.enum(["enforce", "observe"]),
      }),
    ),
  })
  .openapi("Session");

export const SignInSchema = z.strictObject({ password: z.string().max(1000) }).openapi("SignIn");

export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    field: z.string().optional().openapi({ description: "What is wrong, where one field is." }),
    keyId: z.string().optional().openapi({ description: "The key that the same request has made before." }),
    signIn: z
      .union([z.literal("password"), z.string(), z.null()])
      .optional()
      .openapi({ description: "How to sign in: with a password, or at an address." }),
  })
  .openapi("Problem");

export const KeyId = z.object({ id: z.string().openapi({ param: { name: "id", in: "path" } }) });
const Limit = z.coerce.number().int().min(1).max(1000).optional();

export const ListKeysSchema = z.object({
  search: z
    .string()
    .max(200)
    .optional()
    .openapi({ description: "In the name, the owner or the masked key." }),
  status: z.enum(["active", "expired", "revoked"]).optional(),
  plan: z.string().optional(),
  ownerId: z.string().optional(),
  order: z.enum(["newest", "name", "last-used"]).optional(),
  cursor: z
    .string()
    .optional()
    .openapi({ description: "`nextCursor` of the page before, in the same order." }),
  limit: Limit,
});

export const UsageQuerySchema = z.object({
  from: Time,
  to: Time.openapi({ description: "Not included." }),
  per: z.enum(["hour", "day"]),
});

export const AuditQuerySchema = z.object({
  keyId: z.string().optional(),
  cursor: z.string().optional(),
  limit: Limit,
});

export const IdempotencyHeader = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(200)
    .optional()
    .openapi({ description: "Names the request: sent again under the same name, it makes no second key." }),
});
