import { z } from "@hono/zod-openapi";
import { Time } from "./text.ts";

export const SessionListSchema = z
  .object({
    sessions: z.array(
      z.object({
        id: z.string(),
        actor: z.string(),
        address: z.string().nullable(),
        userAgent: z.string().nullable(),
        signedInAt: Time,
        lastSeenAt: Time,
        endsAt: Time.openapi({ description: "When it ends unless it is used again." }),
        isCurrent: z.boolean().openapi({ description: "Whether this request belongs to the session." }),
      }),
    ),
  })
  .openapi("SessionList");

export const SessionId = z.object({ id: z.string().openapi({ param: { name: "id", in: "path" } }) });
