import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Access, AdmissionRequest } from "@keyward/core";
import type { ConsoleEnv } from "../app.ts";
import { json, PROBLEMS } from "./answers.ts";
import type { ConsoleSettings } from "../options.ts";
import { keyPageView, keyView } from "./key-view.ts";
import { unknownKey } from "./keys.ts";
import {
  IdentifyKeySchema,
  KeyPageSchema,
  KeySchema,
  KeyTestSchema,
  SearchKeysSchema,
} from "./schemas/keys.ts";

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

const test = createRoute({
  method: "post",
  path: "/api-keys/test",
  operationId: "testApiKey",
  summary: "Sends a request of cost 0 with a key through admission",
  tags,
  request: { body: { required: true, content: { "application/json": { schema: IdentifyKeySchema } } } },
  responses: { 200: json(KeyTestSchema, "The decision."), ...PROBLEMS },
});

/** Routes for text that may be secret: it is in the body, never in the address. */
export function addSearchRoutes(api: OpenAPIHono<ConsoleEnv>, { kw }: Pick<ConsoleSettings, "kw">): void {
  api.openapi(search, async (context) => {
    return context.json(await keyPageView(context.var.access, context.req.valid("json")), 200);
  });

  api.openapi(identify, async (context) => {
    const { access } = context.var;
    const key = await access.keys.identify(context.req.valid("json").key);
    if (key === undefined) throw unknownKey();
    return context.json(await keyView(access, key), 200);
  });

  api.openapi(test, async (context) => {
    const { access } = context.var;
    const raw = context.req.valid("json").key;
    const key = await access.keys.identify(raw);
    if (key === undefined) throw unknownKey();
    const decision = await kw.admit(requestWith(raw, access, context.env.connection.ip));
    return context.json(
      {
        admitted: decision.admitted,
        status: decision.admitted ? 200 : decision.status,
        detail: decision.admitted ? null : decision.problem.detail,
        key: await keyView(access, key),
      },
      200,
    );
  });
}

/** A request of cost 0 that presents a key where the server reads keys first. */
function requestWith(raw: string, access: Access, ip: string): AdmissionRequest {
  const [place] = access.configuration().keyFrom;
  const [name, value] = place === "bearer" ? ["authorization", `Bearer ${raw}`] : [place, raw];
  return { header: (header) => (header === name ? value : undefined), secure: true, ip, cost: 0 };
}
