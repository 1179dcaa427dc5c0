import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Keyward, RevisionGuard } from "@keyward/core";
import type { Context } from "hono";
import type { ConsoleEnv } from "../app.ts";
import type { Settings } from "../options.ts";
import { checkReplace } from "../owner-permissions.ts";
import { ETAG, json, PROBLEMS } from "./answers.ts";
import { actorOf, visibleKey } from "./authorized.ts";
import { guardOf, IfMatchHeader } from "./if-match.ts";
import { createdKeyView, etagOf } from "./key-view.ts";
import { CreatedKeySchema, KeyId, RotateKeySchema } from "./schemas.ts";

const tags = ["Keys"];
const responses = {
  201: {
    ...json(CreatedKeySchema, "The key that takes its place, in this response and nowhere else."),
    headers: ETAG,
  },
  ...PROBLEMS,
};

const regenerate = createRoute({
  method: "post",
  path: "/api-keys/{id}/regenerate",
  operationId: "regenerateApiKey",
  summary: "Revokes a key and creates the one that takes its place",
  tags,
  request: { params: KeyId, headers: IfMatchHeader },
  responses,
});

const rotate = createRoute({
  method: "post",
  path: "/api-keys/{id}/rotate",
  operationId: "rotateApiKey",
  summary: "Creates the key that takes another's place; the old key works for a while longer",
  tags,
  request: {
    params: KeyId,
    headers: IfMatchHeader,
    body: { content: { "application/json": { schema: RotateKeySchema } } },
  },
  responses,
});

/** The routes that replace a key by a new one. */
export function addReplaceRoutes(api: OpenAPIHono<ConsoleEnv>, { kw }: Settings): void {
  api.openapi(regenerate, async (context) => {
    const ifMatch = context.req.valid("header")["if-match"];
    const { id } = context.req.valid("param");
    const guard = await guardOfReplace(kw, context, { id, ifMatch });
    const created = await kw.keys.regenerate(id, actorOf(context), guard);
    return context.json(await createdKeyView(kw, created), 201, { etag: etagOf(created.key) });
  });

  api.openapi(rotate, async (context) => {
    const ifMatch = context.req.valid("header")["if-match"];
    const { id } = context.req.valid("param");
    const guard = await guardOfReplace(kw, context, { id, ifMatch });
    const { overlapSeconds } = context.req.valid("json");
    const options = { ...guard, overlapMs: overlapSeconds === undefined ? undefined : overlapSeconds * 1000 };
    const created = await kw.keys.rotate(id, options, actorOf(context));
    return context.json(await createdKeyView(kw, created), 201, { etag: etagOf(created.key) });
  });
}

/** Checks that the actor may replace a key, and says which revision that holds for. */
async function guardOfReplace(
  kw: Keyward,
  { var: { acting } }: Context<ConsoleEnv>,
  { id, ifMatch }: { readonly id: string; readonly ifMatch: string | undefined },
): Promise<RevisionGuard> {
  const key = await visibleKey(kw, acting, id);
  checkReplace(acting, key);
  const guard = guardOf(ifMatch, key);
  // Otherwise the key could get more than the actor may grant between the check and the replacement.
  return acting.ownerId === undefined ? guard : { ifRevision: key.revision };
}
