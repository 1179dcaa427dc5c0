import { z } from "@hono/zod-openapi";
import { LimitsSchema } from "./limits.ts";
import { text } from "./text.ts";

const Choice = z
  .array(z.string())
  .nullable()
  .openapi({ description: "`null` where every choice is permitted." });

const CreateBounds = z.object({
  plans: Choice,
  scopes: Choice,
  environments: Choice,
  maxKeys: z.int().nullable(),
  maxLifetimeDays: z.int().nullable(),
});

const Permissions = z
  .object({
    create: z.union([CreateBounds, z.null()]),
    import: z.boolean(),
    rename: z.boolean(),
    rotate: z.boolean(),
    revoke: z.boolean(),
    pause: z.boolean(),
    update: z.boolean(),
    limits: z.enum(["lower", "any"]).nullable(),
    owners: z.boolean(),
    reset: z.boolean(),
    sessions: z.boolean(),
  })
  .openapi("Permissions", { description: "The operations that the principal may use." });

export const SessionSchema = z
  .object({
    actor: z.string(),
    level: z.enum(["owner", "operator"]),
    ownerId: z
      .string()
      .nullable()
      .openapi({ description: "The owner whose keys are shown; the keys of all owners if `null`." }),
    permissions: Permissions,
    canSignOut: z
      .boolean()
      .openapi({ description: "Whether `DELETE /session` signs out: the sign-in is the console's own." }),
    signOutUrl: z
      .string()
      .nullable()
      .openapi({ description: "Where another sign-in is signed out of; `null` if that is not known." }),
    brand: z
      .object({
        name: z.string(),
        logo: z.string().nullable(),
        homeUrl: z.string().nullable(),
        accent: z.string().nullable(),
        accentText: z.string().nullable(),
      })
      .nullable(),
    messages: z
      .object({ apiKeys: z.string(), introduction: z.string(), noKeys: z.string() })
      .partial()
      .openapi({ description: "Texts of the application in place of the page's." }),
    locale: z.string().openapi({ description: "The language tag that dates and numbers are written in." }),
    apiUrl: z.string().nullable().openapi({ description: "The address of the API that keys are for." }),
    environments: z.array(z.string()),
    keyFrom: z
      .array(z.string())
      .openapi({ description: "Where requests may present keys: names of headers, or `bearer`." }),
    plans: z.array(
      z.object({
        name: z.string(),
        limits: LimitsSchema.optional(),
        owner: LimitsSchema.optional(),
        budgets: z.record(z.string(), LimitsSchema).optional(),
        mode: z.enum(["enforce", "observe"]),
      }),
    ),
    scopes: z.record(z.string(), z.string()).nullable().openapi({
      description: "The scopes that keys can have, with descriptions. `null` where every scope is accepted.",
    }),
    keyPolicy: z
      .object({
        maxLifetimeDays: z.int(),
        defaultLifetimeDays: z.int(),
        rotateAfterDays: z.int(),
      })
      .partial(),
  })
  .openapi("Session");

export const SignInSchema = z.strictObject({ password: text(1000) }).openapi("SignIn");
