import { createRoute, type OpenAPIHono, type z } from "@hono/zod-openapi";
import type { Access, AuditEvent, ListAuditQuery } from "@keyward/core";
import type { ConsoleEnv } from "../app.ts";
import { json, PROBLEMS } from "./answers.ts";
import { definedFields } from "./defined-fields.ts";
import { toDate } from "./own-settings.ts";
import { AuditPageSchema, AuditQuerySchema, AuditVerificationSchema } from "./schemas/audit.ts";

const audit = createRoute({
  method: "get",
  path: "/audit",
  operationId: "listAudit",
  summary: "Lists audit events, newest first",
  tags: ["Audit"],
  request: { query: AuditQuerySchema },
  responses: { 200: json(AuditPageSchema, "A page of audit events."), ...PROBLEMS },
});

const verification = createRoute({
  method: "get",
  path: "/audit/verification",
  operationId: "verifyAudit",
  summary: "Verifies that no audit event was edited, removed or inserted",
  tags: ["Audit"],
  responses: { 200: json(AuditVerificationSchema, "The outcome, for operators."), ...PROBLEMS },
});

export function addAuditRoutes(api: OpenAPIHono<ConsoleEnv>): void {
  api.openapi(audit, async (context) => {
    const { access } = context.var;
    const { from, to, ...query } = context.req.valid("query");
    const { events, nextCursor = null } = await access.audit.list(
      definedFields<ListAuditQuery>({ ...query, from: toDate(from), to: toDate(to) }),
    );
    const names = await keyNamesOf(access, events);
    const visible = events.map(({ at, keyId, ownerId, address, details, ...event }) => ({
      ...event,
      at: at.toISOString(),
      keyId: keyId ?? null,
      keyName: names.get(keyId) ?? null,
      ownerId: ownerId ?? null,
      address: address ?? null,
      details: details as Record<string, unknown>,
    }));
    return context.json({ events: visible, nextCursor }, 200);
  });

  // The whole log is read: requests that come in the meantime get the same outcome.
  let running: Promise<z.infer<typeof AuditVerificationSchema>> | undefined;
  api.openapi(verification, async (context) => {
    const { access } = context.var;
    // Refuses others before they can join.
    if (access.level !== "operator") await access.audit.verify();
    running ??= verify(access).finally(() => (running = undefined));
    return context.json(await running, 200);
  });
}

async function verify(access: Access): Promise<z.infer<typeof AuditVerificationSchema>> {
  const { ok, events, head = null, problems } = await access.audit.verify();
  return {
    ok,
    events,
    head,
    problems: problems.map(({ kind, message }) => ({ kind, message })),
    verifiedAt: new Date().toISOString(),
  };
}

/** The names of the keys that events are about, by id. */
async function keyNamesOf(
  access: Access,
  events: readonly AuditEvent[],
): Promise<ReadonlyMap<string | undefined, string>> {
  const ids = new Set(events.flatMap(({ keyId }) => keyId ?? []));
  const keys = await Promise.all([...ids].map((id) => access.keys.get(id)));
  return new Map(keys.flatMap((key) => (key === undefined ? [] : [[key.id, key.name]])));
}
