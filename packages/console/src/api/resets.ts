import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ConsoleEnv } from "../app.ts";
import { PROBLEMS } from "./answers.ts";
import { KeyId } from "./schemas/keys.ts";
import { OwnerId } from "./schemas/owners.ts";

const resetKey = createRoute({
  method: "post",
  path: "/api-keys/{id}/reset-limits",
  operationId: "resetApiKeyLimits",
  summary: "Clears the counts of a key and of every key that it was rotated from or to",
  tags: ["Keys"],
  request: { params: KeyId },
  responses: { 204: { description: "The counts are cleared." }, ...PROBLEMS },
});

const resetOwner = createRoute({
  method: "post",
  path: "/owners/{ownerId}/reset-limits",
  operationId: "resetOwnerLimits",
  summary: "Clears the counts of an owner and its budgets",
  tags: ["Owners"],
  request: { params: OwnerId },
  responses: { 204: { description: "The counts are cleared." }, ...PROBLEMS },
});

/** Routes that clear what was counted. */
export function addResetRoutes(api: OpenAPIHono<ConsoleEnv>): void {
  api.openapi(resetKey, async (context) => {
    await context.var.access.limits.reset(context.req.valid("param").id);
    return context.body(null, 204);
  });

  api.openapi(resetOwner, async (context) => {
    const { ownerId } = context.req.valid("param");
    await context.var.access.limits.reset({ ownerId });
    return context.body(null, 204);
  });
}
