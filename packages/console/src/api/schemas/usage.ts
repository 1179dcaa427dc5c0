import { z } from "@hono/zod-openapi";
import { Time } from "./text.ts";

const GROUPS = ["owner", "key", "tag", "policy"] as const;

export const UsageSchema = z
  .object({
    rows: z.array(
      z.object({
        start: Time,
        ownerId: z
          .string()
          .optional()
          .openapi({ description: "By `owner`. Absent for keys without an owner." }),
        keyId: z
          .string()
          .optional()
          .openapi({ description: "By `key`: the id of the first key of the key line." }),
        tag: z.string().optional().openapi({ description: "By `tag`. Absent for requests without a tag." }),
        policy: z
          .string()
          .optional()
          .openapi({ description: "By `policy`. Such a row counts the requests that the policy refused." }),
        admitted: z.int(),
        cost: z.int(),
        refused: z.int().openapi({ description: "Refused requests." }),
        refusedBy: z
          .record(z.string(), z.int())
          .openapi({ description: "Refused requests by policy. A request can be over several." }),
        refusedWith: z
          .record(z.string(), z.int())
          .openapi({ description: "Refused requests by problem code." }),
        observed: z.int().openapi({
          description: "Requests admitted in observe mode that would have been refused.",
        }),
        busiestSecond: z.int().openapi({
          description:
            "The most requests in one second, as one process counted them. 0 where it is not known.",
        }),
      }),
    ),
  })
  .openapi("Usage");

export const NetworksSchema = z
  .object({
    networks: z.array(
      z.object({
        network: z.string().openapi({ example: "203.0.113.0/24" }),
        lastUsedAt: Time.openapi({ description: "To the hour." }),
      }),
    ),
  })
  .openapi("KeyNetworks");

export const UsageQuerySchema = z.object({
  from: Time,
  to: Time.openapi({ description: "Excluded." }),
  per: z.enum(["minute", "hour", "day"]).openapi({ description: "Minutes are kept for three days." }),
  by: z
    .string()
    .optional()
    .transform((text) => (text === undefined || text === "" ? [] : text.split(",")))
    .pipe(z.array(z.enum(GROUPS)))
    .openapi({
      type: "string",
      description: `Groups, separated by commas: ${GROUPS.join(", ")}.`,
      example: "tag",
    }),
});
