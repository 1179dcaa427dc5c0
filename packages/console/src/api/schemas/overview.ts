import { z } from "@hono/zod-openapi";
import { Time } from "./text.ts";

const KeyReference = z
  .object({ id: z.string(), name: z.string(), ownerId: z.string().nullable() })
  .openapi("KeyReference");

const Counts = { admitted: z.int(), refused: z.int() };

export const OverviewSchema = z
  .object({
    from: Time,
    to: Time,
    hours: z
      .array(z.object({ start: Time, ...Counts }))
      .openapi({ description: "The hours of the period with any use, oldest first." }),
    keys: z
      .object({ active: z.int(), paused: z.int(), expiring: z.int(), unused: z.int(), overdue: z.int() })
      .openapi({
        description:
          "Numbers of keys: active; paused; active and expiring within 30 days; active and not used for 30 days; active and overdue for rotation.",
      }),
    topKeys: z.array(z.object({ key: KeyReference, ...Counts })).openapi({
      description: "The keys with the most admitted requests.",
    }),
    mostRefused: z.array(z.object({ key: KeyReference, ...Counts })),
    topOwners: z.array(z.object({ ownerId: z.string(), ...Counts })),
    nearQuota: z
      .array(
        z.object({
          key: KeyReference,
          policy: z.string().openapi({ description: "Quotas of the key's owner begin with `owner-`." }),
          used: z.int(),
          limit: z.int(),
          resetMs: z.number(),
        }),
      )
      .openapi({ description: "Quotas used by 80 % or more, of the 100 keys with the most requests." }),
    expiring: z.array(z.object({ key: KeyReference, expiresAt: Time })),
    unused: z.array(z.object({ key: KeyReference, createdAt: Time, lastUsedAt: Time.nullable() })),
    overdue: z.array(z.object({ key: KeyReference, createdAt: Time })),
    refusalsSince: Time.openapi({
      description:
        "From when on this process has counted `revokedInUse` and `failedAttempts`, which no store keeps.",
    }),
    revokedInUse: z.array(
      z.object({ key: KeyReference, count: z.int(), lastAt: Time, lastAddress: z.string() }),
    ),
    failedAttempts: z
      .array(z.object({ network: z.string(), count: z.int(), lastAt: Time }))
      .openapi({ description: "Networks with requests that had no valid key. Empty for customers." }),
  })
  .openapi("Overview");
