import { z } from "@hono/zod-openapi";
import { OwnLimitsSchema, QuotaSchema } from "./limits.ts";
import { FutureTime, MetadataSchema, Name, PageSize, PageSizeQuery, text, Time } from "./text.ts";

export const PauseSchema = z
  .object({
    at: Time,
    until: Time.nullable().openapi({ description: "When the pause ends by itself." }),
    reason: z.string().nullable(),
    by: z.enum(["owner", "operator"]).openapi({ description: "Only this level or a higher one can resume." }),
  })
  .openapi("Pause");

export const Addresses = z
  .array(z.string().openapi({ pattern: String.raw`^\s*[\dA-Fa-f:.]*[\d:.][\dA-Fa-f:.]*(?:/\d{1,3})?\s*$` }))
  .min(1)
  .max(100)
  .openapi({ description: "Networks in CIDR notation.", example: ["203.0.113.0/24", "2001:db8::/48"] });

const Status = z.enum(["active", "paused", "expired", "revoked"]);

export const KeySchema = z
  .object({
    id: z.string().openapi({ example: "key_0Qc3ZkT1x8LmaRaBQ3v9" }),
    lineageId: z
      .string()
      .openapi({ description: "The first key of the rotations that led to this one. They share one count." }),
    name: z.string(),
    masked: z.string().openapi({ example: "prod_********-****-****-1a234b56" }),
    environment: z.string(),
    ownerId: z.string().nullable(),
    scopes: z.array(z.string()),
    plan: z
      .string()
      .nullable()
      .openapi({ description: "The key's own plan. If `null`, its owner's plan applies." }),
    ownLimits: z
      .union([OwnLimitsSchema, z.null()])
      .openapi({ description: "Limits that override the plan's, where there are any." }),
    allowedAddresses: Addresses.nullable().openapi({ description: "`null` allows every address." }),
    status: Status,
    pause: z.union([PauseSchema, z.null()]),
    createdAt: Time,
    expiresAt: Time.nullable(),
    revokedAt: Time.nullable(),
    rotatedTo: z.string().nullable().openapi({ description: "The key that replaced this one." }),
    lastUsedAt: Time.nullable(),
    lastUsedAddress: z.string().nullable(),
    revision: z.int().openapi({ description: "The value of the ETag." }),
    metadata: MetadataSchema,
    quota: z.union([QuotaSchema, z.null()]).openapi({
      description: "`null` for expired and revoked keys, and if the limiter did not respond.",
    }),
    lastDays: z.array(z.int()).optional().openapi({
      description: "Admitted requests of the last seven UTC days, oldest first. In lists with `usage=days`.",
    }),
  })
  .openapi("ApiKey");

export const CreatedKeySchema = z
  .object({
    key: KeySchema,
    secret: z.string().openapi({ description: "The key itself. No other response contains it." }),
  })
  .openapi("CreatedKey");

export const KeyPageSchema = z
  .object({
    keys: z.array(KeySchema),
    nextCursor: z.string().nullable(),
    total: z.int().nullable().openapi({
      description: "The number of keys on all pages. Only on the first page, and with `count=yes`.",
    }),
  })
  .openapi("ApiKeyPage");

const SCOPE = /^(?=.{1,100}$)[\w./-]+(?::[\w./-]+)*(?::\*)?$/;
const Scopes = z
  .array(z.string().openapi({ pattern: SCOPE.source }))
  .max(100)
  .refine(
    (scopes) => scopes.every((scope) => SCOPE.test(scope)),
    "must be scopes such as reports:write or reports:*",
  );
/** The environments depend on the server's configuration; `GET /session` lists them. */
const Environment = z.string().regex(/^[a-z][a-z0-9]{0,15}$/, "must be an environment of the server");
export const Plan = Name.openapi({ description: "A plan of the server." });

const CREATE_FIELDS = {
  name: Name,
  ownerId: Name.optional(),
  environment: Environment.optional(),
  scopes: Scopes.optional(),
  plan: Plan.optional(),
  limits: OwnLimitsSchema.optional(),
  allowedAddresses: Addresses.optional(),
  expiresAt: FutureTime.optional(),
  metadata: MetadataSchema.optional(),
};

export const CreateKeySchema = z.strictObject(CREATE_FIELDS).openapi("CreateApiKey");

export const ImportKeySchema = z
  .strictObject({
    ...CREATE_FIELDS,
    sha256: z.string().openapi({
      pattern: String.raw`^(?:[\dA-Fa-f]{64}|[\w-]{43}=?)$`,
      description: "SHA-256 of the whole key: 64 hexadecimal digits, or 43 characters of base64url.",
    }),
    hint: z
      .string()
      .optional()
      .openapi({
        pattern: String.raw`^[\x21-\x7e]{1,8}$`,
        description: "The end of the key, 1 to 8 characters, shown as `********1f9c`.",
      }),
  })
  .openapi("ImportApiKey");

export const UpdateKeySchema = z
  .strictObject({
    name: Name.optional(),
    scopes: Scopes.optional(),
    plan: Plan.nullable().optional(),
    limits: z.union([OwnLimitsSchema, z.null()]).optional(),
    allowedAddresses: Addresses.nullable().optional(),
    expiresAt: FutureTime.nullable().optional(),
    metadata: MetadataSchema.optional(),
  })
  .openapi("UpdateApiKey", { description: "Fields that are left out stay. `null` removes a value." });

/** A year: longer than two keys are left valid on purpose. */
const MAX_OVERLAP_SECONDS = 366 * 86_400;

export const RotateKeySchema = z
  .strictObject({
    overlapSeconds: z.int().min(0).max(MAX_OVERLAP_SECONDS).optional().openapi({
      description: "How long the old key stays valid. 0 revokes it immediately. Default: 24 hours.",
    }),
    expiresAt: FutureTime.nullable()
      .optional()
      .openapi({ description: "When the new key expires. Default: it has the lifetime of the original." }),
  })
  .openapi("RotateApiKey");

export const PauseInputSchema = z
  .strictObject({
    reason: Name.optional().openapi({
      description: "For operators. Responses to API clients never contain it.",
    }),
    until: FutureTime.optional().openapi({ description: "When the pause ends by itself." }),
  })
  .openapi("PauseOptions");

export const KeyId = z.object({ id: z.string().openapi({ param: { name: "id", in: "path" } }) });

const KEY_QUERY = {
  search: Name.optional().openapi({
    description: "Contained in the name, the owner's id or the masked key.",
  }),
  status: Status.optional(),
  plan: Name.optional(),
  ownerId: Name.optional(),
  environment: Environment.optional(),
  scope: Name.optional().openapi({ description: "One of the key's scopes, as the key has it." }),
  expiresBefore: Time.optional().openapi({ description: "Keys that have an expiry before this time." }),
  createdBefore: Time.optional(),
  lineageId: Name.optional().openapi({ description: "The keys of one key line." }),
  isRotated: z.enum(["yes", "no"]).optional().openapi({ description: "Whether the key was replaced." }),
  unusedSince: Time.optional().openapi({
    description: "Keys that were created before this time and not used since.",
  }),
  near: z.literal("quota").optional().openapi({
    description:
      "Keys that have used 80 % of a quota, among the 100 with the most requests in the last 24 hours. Other filters but `ownerId` do not apply.",
  }),
  count: z.enum(["yes", "no"]).optional().openapi({
    description: "Whether to return the `total`. Default: `yes` on the first page, `no` on the others.",
  }),
  usage: z.literal("days").optional().openapi({ description: "Adds `lastDays` to each key." }),
  order: z.enum(["newest", "name", "last-used"]).optional(),
  cursor: z
    .string()
    .regex(/^[\w-]+$/, "must be the nextCursor of a page")
    .optional()
    .openapi({ description: "`nextCursor` of the previous page, in the same order." }),
};

export const ListKeysSchema = z.object({ ...KEY_QUERY, limit: PageSizeQuery });
export const SearchKeysSchema = z.strictObject({ ...KEY_QUERY, limit: PageSize }).openapi("SearchApiKeys");

export const IdentifyKeySchema = z
  .strictObject({ key: text(256).openapi({ description: "A whole key, as clients send it." }) })
  .openapi("IdentifyApiKey");

export const KeyTestSchema = z
  .object({
    admitted: z.boolean(),
    status: z.int().openapi({ description: "The status that a request with the key would get now." }),
    detail: z.string().nullable().openapi({ description: "Why the key was refused." }),
    key: KeySchema,
  })
  .openapi("KeyTest");

export const IdempotencyHeader = z.object({
  "idempotency-key": z.string().min(1).max(200).optional().openapi({
    description: "Identifies the request. A repeated request creates no second key.",
  }),
});
