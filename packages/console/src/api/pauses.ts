import { createRoute, type OpenAPIHono, type z } from "@hono/zod-openapi";
import type { PauseOptions, RevisionGuard } from "@keyward/core";
import type { ConsoleEnv } from "../app.ts";
import { ETAG, json, PROBLEMS } from "./answers.ts";
import { definedFields } from "./defined-fields.ts";
import { etagOf, IfMatchHeader } from "./if-match.ts";
import { keyView } from "./key-view.ts";
import { keyGuard } from "./keys.ts";
import { toDate } from "./own-settings.ts";
import { ownerGuard, ownerView } from "./owners.ts";
import { KeyId, KeySchema, PauseInputSchema } from "./schemas/keys.ts";
import { OwnerId, OwnerSchema } from "./schemas/owners.ts";

const pauseBody = { content: { "application/json": { schema: PauseInputSchema } } };

const pauseKey = createRoute({
  method: "post",
  path: "/api-keys/{id}/pause",
  operationId: "pauseApiKey",
  summary: "Pauses a key until it is resumed, or until a time",
  tags: ["Keys"],
  request: { params: KeyId, headers: IfMatchHeader, body: pauseBody },
  responses: { 200: { ...json(KeySchema, "The paused key."), headers: ETAG }, ...PROBLEMS },
});

const resumeKey = createRoute({
  method: "post",
  path: "/api-keys/{id}/resume",
  operationId: "resumeApiKey",
  summary: "Ends the pause of a key",
  tags: ["Keys"],
  request: { params: KeyId },
  responses: { 200: { ...json(KeySchema, "The key."), headers: ETAG }, ...PROBLEMS },
});

const pauseOwner = createRoute({
  method: "post",
  path: "/owners/{ownerId}/pause",
  operationId: "pauseOwner",
  summary: "Pauses all keys of an owner",
  tags: ["Owners"],
  request: { params: OwnerId, headers: IfMatchHeader, body: pauseBody },
  responses: { 200: { ...json(OwnerSchema, "The paused owner."), headers: ETAG }, ...PROBLEMS },
});

const resumeOwner = createRoute({
  method: "post",
  path: "/owners/{ownerId}/resume",
  operationId: "resumeOwner",
  summary: "Ends the pause of an owner. Keys that were paused themselves stay paused",
  tags: ["Owners"],
  request: { params: OwnerId },
  responses: { 200: { ...json(OwnerSchema, "The owner."), headers: ETAG }, ...PROBLEMS },
});

/** Routes that pause and resume keys and owners. */
export function addPauseRoutes(api: OpenAPIHono<ConsoleEnv>): void {
  api.openapi(pauseKey, async (context) => {
    const { access } = context.var;
    const { id } = context.req.valid("param");
    const guard = await keyGuard(access, id, context.req.valid("header")["if-match"]);
    const key = await access.keys.pause(id, pauseOptions(context.req.valid("json"), guard));
    context.header("etag", etagOf(key));
    return context.json(await keyView(access, key), 200);
  });

  api.openapi(resumeKey, async (context) => {
    const { access } = context.var;
    const key = await access.keys.resume(context.req.valid("param").id);
    context.header("etag", etagOf(key));
    return context.json(await keyView(access, key), 200);
  });

  api.openapi(pauseOwner, async (context) => {
    const { access } = context.var;
    const { ownerId } = context.req.valid("param");
    const guard = await ownerGuard(access, ownerId, context.req.valid("header")["if-match"]);
    const owner = await access.owners.pause(ownerId, pauseOptions(context.req.valid("json"), guard));
    return context.json(ownerView(owner), 200, { etag: etagOf(owner) });
  });

  api.openapi(resumeOwner, async (context) => {
    const owner = await context.var.access.owners.resume(context.req.valid("param").ownerId);
    return context.json(ownerView(owner), 200, { etag: etagOf(owner) });
  });
}

function pauseOptions(
  { reason, until }: z.infer<typeof PauseInputSchema>,
  guard: RevisionGuard,
): PauseOptions {
  return definedFields<PauseOptions>({ reason, until: toDate(until), ...guard });
}
