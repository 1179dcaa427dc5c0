import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ConsoleEnv } from "../app.ts";
import { json, PROBLEMS } from "./answers.ts";
import { keyPageView, keyView } from "./key-view.ts";
import { unknownKey } from "./keys.ts";
import { IdentifyKeySchema, KeyPageSchema, KeySchema, SearchKeysSchema } from "./schemas/keys.ts";

const tags = ["Keys"];

const search = createRoute({
  method: "post",
  path: "/api-keys/search",
  operationId: "searchApiKeys",
  summary: "Lists keys by a query in the body, which logs and browser histories do not keep",
  tags,
  request: { body: { required: true, content: { "application/json": { schema: SearchKeysSchema } } } },
  responses: { 200: json(KeyPageSchema, "A page of keys."), ...PROBLEMS },
});

const identify = createRoute({
  method: "post",
  path: "/api-keys/identify",
  operationId: "identifyApiKey",
  summary: "Finds the record of a whole key",
  tags,
  request: { body: { required: true, content: { "application/json": { schema: IdentifyKeySchema } } } },
  responses: { 200: json(KeySchema, "The key."), ...PROBLEMS },
});

/** Routes for text that may be secret: it is in the body, never in the address. */
export function addSearchRoutes(api: OpenAPIHono<ConsoleEnv>): void {
  api.openapi(search, async (context) => {
    return context.json(await keyPageView(context.var.access, context.req.valid("json")), 200);
  });

  api.openapi(identify, async (context) => {
    const { access } = context.var;
    const key = await access.keys.identify(context.req.valid("json").key);
    if (key === undefined) throw unknownKey();
    return context.json(await keyView(access, key), 200);
  });
}
