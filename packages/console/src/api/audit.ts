import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ListAuditQuery } from "@keyward/core";
import type { ConsoleEnv } from "../app.ts";
import { json, PROBLEMS } from "./answers.ts";
import { definedFields } from "./defined-fields.ts";
import { AuditPageSchema, AuditQuerySchema } from "./schemas/audit.ts";

const audit = createRoute({
  method: "get",
  path: "/audit",
  operationId: "listAudit",
  summary: "Lists audit events, newest first",
  tags: ["Audit"],
  request: { query: AuditQuerySchema },
  responses: { 200: json(AuditPageSchema, "A page of audit events."), ...PROBLEMS },
});

export function addAuditRoute(api: OpenAPIHono<ConsoleEnv>): void {
  api.openapi(audit, async (context) => {
    const query = definedFields<ListAuditQuery>(context.req.valid("query"));
    const { events, nextCursor = null } = await context.var.access.audit.list(query);
    const visible = events.map(({ at, keyId, ownerId, address, details, ...event }) => ({
      ...event,
      at: at.toISOString(),
      keyId: keyId ?? null,
      ownerId: ownerId ?? null,
      address: address ?? null,
      details: details as Record<string, unknown>,
    }));
    return context.json({ events: visible, nextCursor }, 200);
  });
}
