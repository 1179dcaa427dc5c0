import { z } from "@hono/zod-openapi";
import { Time } from "./text.ts";

export const UsageSchema = z
  .object({
    rows: z.array(
      z.object({
        start: Time,
        admitted: z.int(),
        cost: z.int(),
        refused: z.int().openapi({ description: "Requests refused by a limit." }),
        refusedBy: z
          .record(z.string(), z.int())
          .openapi({ description: "Refused requests by policy. A request can be over several." }),
        observed: z.int().openapi({
          description: "Requests admitted in observe mode that would have been refused.",
        }),
      }),
    ),
  })
  .openapi("Usage");

export const UsageQuerySchema = z.object({
  from: Time,
  to: Time.openapi({ description: "Excluded." }),
  per: z.enum(["hour", "day"]),
});
