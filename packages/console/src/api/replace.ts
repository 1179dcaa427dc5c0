import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ConsoleEnv } from "../app.ts";
import type { Settings } from "../options.ts";
import { ETAG, json, PROBLEMS } from "./answers.ts";
import { actorOf, visibleKey } from "./authorized.ts";
import { etagOf, keyView } from "./key-view.ts";
import { CreatedKeySchema, KeyId, RotateKeySchema } from "./schemas.ts";

const tags = ["Keys"];
const responses = {
  201: {
    ...json(CreatedKeySchema, "The key that takes its place, in this answer and nowhere else."),
    headers: ETAG,
  },
  ...PROBLEMS,
};

const regenerate = createRoute({
  method: "post",
  path: "/api-keys/{id}/regenerate",
  operationId: "regenerateApiKey",
  summary: "Revokes a key and makes the one that takes its place",
  tags,
  request: { params: KeyId },
  responses,
});

const rotate = createRoute({
  method: "post",
  path: "/api-keys/{id}/rotate",
  operationId: "rotateApiKey",
  summary: "Makes the key that takes another's place, and lets the old one live on for a while",
  tags,
  request: { params: KeyId, body: { content: { "application/json": { schema: RotateKeySchema } } } },
  responses,
});

/** What gives a key's holder a new one. */
export function addReplaceRoutes(api: OpenAPIHono<ConsoleEnv>, { kw }: Settings): void {
  api.openapi(regenerate, async (context) => {
    const { id } = await visibleKey(kw, context.var.acting, context.req.valid("param").id);
    const { key, secret } = await kw.keys.regenerate(id, actorOf(context));
    context.header("etag", etagOf(key));
    return context.json({ key: await keyView(kw, key), secret: secret.reveal() }, 201);
  });

  api.openapi(rotate, async (context) => {
    const { id } = await visibleKey(kw, context.var.acting, context.req.valid("param").id);
    const { overlapSeconds } = context.req.valid("json");
    const options = overlapSeconds === undefined ? {} : { overlapMs: overlapSeconds * 1000 };
    const { key, secret } = await kw.keys.rotate(id, options, actorOf(context));
    context.header("etag", etagOf(key));
    return context.json({ key: await keyView(kw, key), secret: secret.reveal() }, 201);
  });
}
