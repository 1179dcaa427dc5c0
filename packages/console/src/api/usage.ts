import { createRoute, type OpenAPIHono, type z } from "@hono/zod-openapi";
import { KeywardError, type Access } from "@keyward/core";
import type { ConsoleEnv } from "../app.ts";
import { json, PROBLEMS } from "./answers.ts";
import { existingKey } from "./keys.ts";
import { KeyId } from "./schemas/keys.ts";
import { OwnerId } from "./schemas/owners.ts";
import { NetworksSchema, UsageQuerySchema, UsageSchema } from "./schemas/usage.ts";
import { DAY_MS } from "../time.ts";

const MAX_PERIOD_DAYS = { minute: 3, hour: 32, day: 400 };
const tags = ["Usage"];
const responses = { 200: json(UsageSchema, "The periods with any use, oldest first."), ...PROBLEMS };

const keyUsage = createRoute({
  method: "get",
  path: "/api-keys/{id}/usage",
  operationId: "getApiKeyUsage",
  summary: "Returns the usage of a key line by minute (up to 3 days), by hour (32) or by day (400)",
  tags,
  request: { params: KeyId, query: UsageQuerySchema },
  responses,
});

const keyNetworks = createRoute({
  method: "get",
  path: "/api-keys/{id}/networks",
  operationId: "listApiKeyNetworks",
  summary: "Lists the networks that a key line was used from in the last 30 days (IPv4 /24, IPv6 /56)",
  tags,
  request: { params: KeyId },
  responses: { 200: json(NetworksSchema, "Up to 100, the most recently used first."), ...PROBLEMS },
});

const ownerUsage = createRoute({
  method: "get",
  path: "/owners/{ownerId}/usage",
  operationId: "getOwnerUsage",
  summary: "Returns the usage of all keys of an owner by minute (up to 3 days), by hour (32) or by day (400)",
  tags,
  request: { params: OwnerId, query: UsageQuerySchema },
  responses,
});

const allUsage = createRoute({
  method: "get",
  path: "/usage",
  operationId: "getUsage",
  summary:
    "Returns the usage of all keys that the caller can see by minute (up to 3 days), by hour (32) or by day (400)",
  tags,
  request: { query: UsageQuerySchema },
  responses,
});

export function addUsageRoutes(api: OpenAPIHono<ConsoleEnv>): void {
  api.openapi(keyUsage, async (context) => {
    const subject = { keyId: context.req.valid("param").id };
    return context.json(await usageView(context.var.access, subject, context.req.valid("query")), 200);
  });

  api.openapi(keyNetworks, async (context) => {
    const { access } = context.var;
    const { id } = await existingKey(access, context.req.valid("param").id);
    const networks = await access.usage.networks(id);
    const views = networks.map(({ network, lastUsedAt }) => ({
      network,
      lastUsedAt: lastUsedAt.toISOString(),
    }));
    return context.json({ networks: views }, 200);
  });

  api.openapi(allUsage, async (context) =>
    context.json(await usageView(context.var.access, {}, context.req.valid("query")), 200),
  );

  api.openapi(ownerUsage, async (context) => {
    const subject = { ownerId: context.req.valid("param").ownerId };
    return context.json(await usageView(context.var.access, subject, context.req.valid("query")), 200);
  });
}

async function usageView(
  access: Access,
  subject: { readonly keyId?: string; readonly ownerId?: string },
  { per, by, ...period }: z.infer<typeof UsageQuerySchema>,
): Promise<z.infer<typeof UsageSchema>> {
  const [from, to] = [new Date(period.from), new Date(period.to)];
  if (to < from || to.getTime() - from.getTime() > MAX_PERIOD_DAYS[per] * DAY_MS) {
    throw new KeywardError(
      "invalid-input",
      `to must be after from, by at most ${MAX_PERIOD_DAYS[per]} days per ${per}; got ${period.from} to ${period.to}.`,
      { field: "to" },
    );
  }
  const rows = await access.usage.query({ ...subject, from, to, per, by });
  return {
    rows: rows.map(({ start, refusedBy, refusedWith, ...row }) => ({
      start: start.toISOString(),
      ...row,
      refusedBy: { ...refusedBy },
      refusedWith: { ...refusedWith } as Record<string, number>,
    })),
  };
}
