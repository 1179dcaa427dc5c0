import { createHash } from "node:crypto";
import { createRoute, type OpenAPIHono, type z } from "@hono/zod-openapi";
import type { Access, ApiKey, CreateKeyInput, ImportKeyInput, UpdateKeyInput } from "@keyward/core";
import { KeywardError } from "@keyward/core";

import type { ConsoleEnv } from "../app.ts";
import { ETAG, json, PROBLEMS } from "./answers.ts";
import { definedFields } from "./defined-fields.ts";
import { etagOf, guardOf, IfMatchHeader } from "./if-match.ts";
import { createdKeyView, keyPageView, keyView } from "./key-view.ts";
import { toDate, toMetadata, toOwnLimits } from "./own-settings.ts";
import {
  CreatedKeySchema,
  CreateKeySchema,
  IdempotencyHeader,
  ImportKeySchema,
  KeyId,
  KeyPageSchema,
  KeySchema,
  ListKeysSchema,
  UpdateKeySchema,
} from "./schemas/keys.ts";

const tags = ["Keys"];

const list = createRoute({
  method: "get",
  path: "/api-keys",
  operationId: "listApiKeys",
  summary: "Lists keys",
  tags,
  request: { query: ListKeysSchema },
  responses: { 200: json(KeyPageSchema, "A page of keys."), ...PROBLEMS },
});

const create = createRoute({
  method: "post",
  path: "/api-keys",
  operationId: "createApiKey",
  summary: "Creates a key. Only this response contains it",
  tags,
  request: {
    headers: IdempotencyHeader,
    body: { required: true, content: { "application/json": { schema: CreateKeySchema } } },
  },
  responses: { 201: { ...json(CreatedKeySchema, "The key."), headers: ETAG }, ...PROBLEMS },
});

const importKey = createRoute({
  method: "post",
  path: "/api-keys/import",
  operationId: "importApiKey",
  summary: "Imports a key that was issued elsewhere, by its SHA-256",
  tags,
  request: {
    headers: IdempotencyHeader,
    body: { required: true, content: { "application/json": { schema: ImportKeySchema } } },
  },
  responses: { 201: { ...json(KeySchema, "The key."), headers: ETAG }, ...PROBLEMS },
});

const get = createRoute({
  method: "get",
  path: "/api-keys/{id}",
  operationId: "getApiKey",
  summary: "Returns a key",
  tags,
  request: { params: KeyId },
  responses: { 200: { ...json(KeySchema, "The key."), headers: ETAG }, ...PROBLEMS },
});

const update = createRoute({
  method: "patch",
  path: "/api-keys/{id}",
  operationId: "updateApiKey",
  summary: "Updates a key",
  tags,
  request: {
    params: KeyId,
    headers: IfMatchHeader,
    body: { required: true, content: { "application/json": { schema: UpdateKeySchema } } },
  },
  responses: { 200: { ...json(KeySchema, "The updated key."), headers: ETAG }, ...PROBLEMS },
});

const revoke = createRoute({
  method: "delete",
  path: "/api-keys/{id}",
  operationId: "revokeApiKey",
  summary: "Revokes a key permanently",
  tags,
  request: { params: KeyId, headers: IfMatchHeader },
  responses: { 200: { ...json(KeySchema, "The revoked key."), headers: ETAG }, ...PROBLEMS },
});

/** Routes that create, list and change keys. */
export function addKeyRoutes(api: OpenAPIHono<ConsoleEnv>): void {
  api.openapi(list, async (context) => {
    return context.json(await keyPageView(context.var.access, context.req.valid("query")), 200);
  });

  api.openapi(create, async (context) => {
    const { access } = context.var;
    const input = createInput(context.req.valid("json"));
    const request = context.req.valid("header")["idempotency-key"];
    const idempotencyKey = request === undefined ? undefined : requestName(context.var, request);
    const created = await access.keys.create({ ...input, idempotencyKey });
    return context.json(await createdKeyView(access, created), 201, { etag: etagOf(created.key) });
  });

  api.openapi(importKey, async (context) => {
    const { access } = context.var;
    const { sha256, hint, ...rest } = context.req.valid("json");
    const request = context.req.valid("header")["idempotency-key"];
    const idempotencyKey = request === undefined ? undefined : requestName(context.var, request);
    const input: ImportKeyInput = { ...createInput(rest), idempotencyKey, sha256, hint };
    const key = await access.keys.import(definedFields<ImportKeyInput>(input));
    return context.json(await keyView(access, key), 201, { etag: etagOf(key) });
  });

  api.openapi(get, async (context) => {
    const { access } = context.var;
    const key = await existingKey(access, context.req.valid("param").id);
    context.header("etag", etagOf(key));
    return context.json(await keyView(access, key), 200);
  });

  api.openapi(update, async (context) => {
    const { access } = context.var;
    const { id } = context.req.valid("param");
    const { limits, expiresAt, metadata, ...rest } = context.req.valid("json");
    const input = definedFields<UpdateKeyInput>({
      ...rest,
      ...(await keyGuard(access, id, context.req.valid("header")["if-match"])),
      limits: toOwnLimits(limits),
      expiresAt: toDate(expiresAt),
      metadata: metadata && toMetadata(metadata),
    });
    const key = await access.keys.update(id, input);
    context.header("etag", etagOf(key));
    return context.json(await keyView(access, key), 200);
  });

  api.openapi(revoke, async (context) => {
    const { access } = context.var;
    const { id } = context.req.valid("param");
    const before = await existingKey(access, id);
    // A request that is sent again because its response was lost has already done its work.
    const guard =
      before.status === "revoked"
        ? {}
        : await keyGuard(access, id, context.req.valid("header")["if-match"], before);
    const key = await access.keys.revoke(id, guard);
    context.header("etag", etagOf(key));
    return context.json(await keyView(access, key), 200);
  });
}

/** A key that the principal can see. Other owners' keys do not exist for it. The id is not repeated: it may be a whole key. */
export async function existingKey(access: Access, id: string): Promise<ApiKey> {
  const key = await access.keys.get(id);
  if (key === undefined) throw unknownKey();
  return key;
}

export function unknownKey(): KeywardError {
  return new KeywardError("key-not-found", "There is no such key.");
}

/** The condition of `If-Match` for a key. */
export async function keyGuard(access: Access, id: string, ifMatch: string | undefined, read?: ApiKey) {
  return guardOf(ifMatch, async () => read ?? existingKey(access, id), "key-changed");
}

function createInput({
  limits,
  expiresAt,
  metadata,
  ...rest
}: z.infer<typeof CreateKeySchema>): CreateKeyInput {
  return definedFields<CreateKeyInput>({
    ...rest,
    limits: limits && toOwnLimits(limits),
    expiresAt: toDate(expiresAt),
    metadata: metadata && toMetadata(metadata),
  });
}

/** Two actors may use the same name for different requests, and so may one actor that acts for two owners. */
function requestName({ actor, access: { ownerId } }: ConsoleEnv["Variables"], name: string): string {
  return createHash("sha256")
    .update(JSON.stringify([actor, ownerId ?? null, name]))
    .digest("base64url");
}
