import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { KeywardError } from "@keyward/core";
import type { ConsoleEnv } from "../app.ts";
import type { Settings } from "../options.ts";
import { json, PROBLEMS } from "./answers.ts";
import { visibleKey } from "./authorized.ts";
import { KeyId, UsageQuerySchema, UsageSchema } from "./schemas.ts";

const LONGEST_MS = { hour: 32 * 86_400_000, day: 400 * 86_400_000 };

const usage = createRoute({
  method: "get",
  path: "/api-keys/{id}/usage",
  operationId: "getApiKeyUsage",
  summary: "Gives what a key was used for, by hour (up to 32 days) or by day (up to 400)",
  tags: ["Usage"],
  request: { params: KeyId, query: UsageQuerySchema },
  responses: { 200: json(UsageSchema, "The hours or days with any use, oldest first."), ...PROBLEMS },
});

export function addUsageRoute(api: OpenAPIHono<ConsoleEnv>, { kw }: Settings): void {
  api.openapi(usage, async (context) => {
    const { id } = await visibleKey(kw, context.var.acting, context.req.valid("param").id);
    const { per, ...period } = context.req.valid("query");
    const [from, to] = [new Date(period.from), new Date(period.to)];
    if (to < from || to.getTime() - from.getTime() > LONGEST_MS[per]) {
      const wants = per === "hour" ? "up to 32 days" : "up to 400 days";
      throw new KeywardError("invalid-input", `to: wants a time after from, by ${wants}.`, { field: "to" });
    }
    const rows = await kw.usage.query({ keyId: id, from, to, per });
    return context.json(
      { rows: rows.map(({ start, ...row }) => ({ start: start.toISOString(), ...row })) },
      200,
    );
  });
}
