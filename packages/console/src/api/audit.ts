import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ConsoleEnv } from "../app.ts";
import type { Settings } from "../options.ts";
import { json, PROBLEMS } from "./answers.ts";
import { AuditPageSchema, AuditQuerySchema } from "./schemas.ts";

const audit = createRoute({
  method: "get",
  path: "/audit",
  operationId: "listAudit",
  summary: "Lists who did what to which key, newest first",
  tags: ["Audit"],
  request: { query: AuditQuerySchema },
  responses: { 200: json(AuditPageSchema, "A page of the audit trail."), ...PROBLEMS },
});

export function addAuditRoute(api: OpenAPIHono<ConsoleEnv>, { kw }: Settings): void {
  api.openapi(audit, async (context) => {
    const { keyId, cursor, limit } = context.req.valid("query");
    const { ownerId } = context.var.acting;
    const { entries, nextCursor = null } = await kw.audit.list({
      ...(keyId !== undefined && { keyId }),
      ...(ownerId !== undefined && { ownerId }),
      ...(cursor !== undefined && { cursor }),
      ...(limit !== undefined && { limit }),
    });
    const shown = entries.map(({ at, address, details, ...entry }) => ({
      ...entry,
      at: at.toISOString(),
      address: address ?? null,
      details: details as Record<string, unknown>,
    }));
    return context.json({ entries: shown, nextCursor }, 200);
  });
}
