import { createHash } from "node:crypto";
import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { CreateKeyInput, UpdateKeyInput } from "@keyward/core";
import type { Acting } from "../acting.ts";
import type { ConsoleEnv } from "../app.ts";
import type { Settings } from "../options.ts";
import { checkCreate, checkUpdate } from "../owner-permissions.ts";
import { ETAG, json, PROBLEMS } from "./answers.ts";
import { actorOf, visibleKey } from "./authorized.ts";
import { guardOf, IfMatchHeader } from "./if-match.ts";
import { createdKeyView, etagOf, keyView, metadataOf } from "./key-view.ts";
import {
  CreatedKeySchema,
  CreateKeySchema,
  IdempotencyHeader,
  KeyId,
  KeyPageSchema,
  KeySchema,
  ListKeysSchema,
  UpdateKeySchema,
} from "./schemas.ts";

const tags = ["Keys"];

const list = createRoute({
  method: "get",
  path: "/api-keys",
  operationId: "listApiKeys",
  summary: "Lists keys, a page at a time",
  tags,
  request: { query: ListKeysSchema },
  responses: { 200: json(KeyPageSchema, "A page of keys."), ...PROBLEMS },
});

const create = createRoute({
  method: "post",
  path: "/api-keys",
  operationId: "createApiKey",
  summary: "Makes a key, which is in this answer and nowhere else",
  tags,
  request: {
    headers: IdempotencyHeader,
    body: { required: true, content: { "application/json": { schema: CreateKeySchema } } },
  },
  responses: { 201: { ...json(CreatedKeySchema, "The key."), headers: ETAG }, ...PROBLEMS },
});

const get = createRoute({
  method: "get",
  path: "/api-keys/{id}",
  operationId: "getApiKey",
  summary: "Gives a key",
  tags,
  request: { params: KeyId },
  responses: { 200: { ...json(KeySchema, "The key."), headers: ETAG }, ...PROBLEMS },
});

const update = createRoute({
  method: "patch",
  path: "/api-keys/{id}",
  operationId: "updateApiKey",
  summary: "Changes a key's name, scopes, plan, limits, expiry or metadata",
  tags,
  request: {
    params: KeyId,
    headers: IfMatchHeader,
    body: { required: true, content: { "application/json": { schema: UpdateKeySchema } } },
  },
  responses: { 200: { ...json(KeySchema, "The key as it is now."), headers: ETAG }, ...PROBLEMS },
});

const revoke = createRoute({
  method: "delete",
  path: "/api-keys/{id}",
  operationId: "revokeApiKey",
  summary: "Revokes a key, which cannot be undone",
  tags,
  request: { params: KeyId, headers: IfMatchHeader },
  responses: { 200: { ...json(KeySchema, "The key, revoked."), headers: ETAG }, ...PROBLEMS },
});

export function addKeyRoutes(api: OpenAPIHono<ConsoleEnv>, { kw }: Settings): void {
  api.openapi(list, async (context) => {
    const { ownerId: asked, ...query } = context.req.valid("query");
    const { acting } = context.var;
    // Whoever acts for one owner sees that one's keys, whatever was asked for.
    const ownerId = acting.ownerId ?? asked;
    const { keys, nextCursor = null } = await kw.keys.list(given({ ...query, ownerId }));
    return context.json({ keys: await Promise.all(keys.map((key) => keyView(kw, key))), nextCursor }, 200);
  });

  api.openapi(create, async (context) => {
    const { ownerId: asked, expiresAt, metadata, ...rest } = context.req.valid("json");
    const { acting } = context.var;
    const request = context.req.valid("header")["idempotency-key"];
    const input = given<CreateKeyInput>({
      ...rest,
      ownerId: asked ?? acting.ownerId,
      expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
      metadata: metadata === undefined ? undefined : metadataOf(metadata),
      idempotencyKey: request === undefined ? undefined : nameOfRequest(acting, request),
    });
    checkCreate(acting, input);
    const created = await kw.keys.create(input, actorOf(context));
    return context.json(await createdKeyView(kw, created), 201, { etag: etagOf(created.key) });
  });

  api.openapi(get, async (context) => {
    const key = await visibleKey(kw, context.var.acting, context.req.valid("param").id);
    context.header("etag", etagOf(key));
    return context.json(await keyView(kw, key), 200);
  });

  api.openapi(update, async (context) => {
    const before = await visibleKey(kw, context.var.acting, context.req.valid("param").id);
    const { expiresAt, metadata, ...rest } = context.req.valid("json");
    const input = given<UpdateKeyInput>({
      ...rest,
      ...guardOf(context.req.valid("header")["if-match"], before),
      expiresAt: typeof expiresAt === "string" ? new Date(expiresAt) : expiresAt,
      metadata: metadata === undefined ? undefined : metadataOf(metadata),
    });
    checkUpdate(context.var.acting, input);
    const key = await kw.keys.update(before.id, input, actorOf(context));
    context.header("etag", etagOf(key));
    return context.json(await keyView(kw, key), 200);
  });

  api.openapi(revoke, async (context) => {
    const before = await visibleKey(kw, context.var.acting, context.req.valid("param").id);
    const ifMatch = context.req.valid("header")["if-match"];
    // Sent again because no response came, the request has already done what it asks for.
    const guard = before.status === "revoked" ? {} : guardOf(ifMatch, before);
    const key = await kw.keys.revoke(before.id, actorOf(context), guard);
    context.header("etag", etagOf(key));
    return context.json(await keyView(kw, key), 200);
  });
}

/** Two actors may use the same name for different requests, and so may one actor who acts for two owners. */
function nameOfRequest({ actor, ownerId }: Acting, name: string): string {
  return createHash("sha256")
    .update(JSON.stringify([actor, ownerId ?? null, name]))
    .digest("base64url");
}

type OrUndefined<T> = { [Field in keyof T]: T[Field] | undefined };

/** Without the fields that were not given. */
function given<T extends object>(fields: OrUndefined<T>): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
