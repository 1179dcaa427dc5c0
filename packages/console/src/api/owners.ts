import { createRoute, type OpenAPIHono, type z } from "@hono/zod-openapi";
import {
  KeywardError,
  type Access,
  type ListOwnersQuery,
  type Owner,
  type UpdateOwnerInput,
} from "@keyward/core";
import type { ConsoleEnv } from "../app.ts";
import { ETAG, json, PROBLEMS } from "./answers.ts";
import { definedFields } from "./defined-fields.ts";
import { etagOf, guardOf, IfMatchHeader } from "./if-match.ts";
import { limitsView, pauseView, toMetadata, toOwnLimits } from "./own-settings.ts";
import {
  ListOwnersSchema,
  OwnerId,
  OwnerPageSchema,
  OwnerSchema,
  UpdateOwnerSchema,
} from "./schemas/owners.ts";

const tags = ["Owners"];

const list = createRoute({
  method: "get",
  path: "/owners",
  operationId: "listOwners",
  summary: "Lists owners by id",
  tags,
  request: { query: ListOwnersSchema },
  responses: { 200: json(OwnerPageSchema, "A page of owners."), ...PROBLEMS },
});

const get = createRoute({
  method: "get",
  path: "/owners/{ownerId}",
  operationId: "getOwner",
  summary: "Returns an owner",
  tags,
  request: { params: OwnerId },
  responses: { 200: { ...json(OwnerSchema, "The owner."), headers: ETAG }, ...PROBLEMS },
});

const update = createRoute({
  method: "patch",
  path: "/owners/{ownerId}",
  operationId: "updateOwner",
  summary: "Updates an owner, or creates it",
  tags,
  request: {
    params: OwnerId,
    headers: IfMatchHeader,
    body: { required: true, content: { "application/json": { schema: UpdateOwnerSchema } } },
  },
  responses: { 200: { ...json(OwnerSchema, "The updated owner."), headers: ETAG }, ...PROBLEMS },
});

/** Routes that list and change owners. */
export function addOwnerRoutes(api: OpenAPIHono<ConsoleEnv>): void {
  api.openapi(list, async (context) => {
    const query = definedFields<ListOwnersQuery>(context.req.valid("query"));
    const { owners, nextCursor = null } = await context.var.access.owners.list(query);
    return context.json({ owners: owners.map(ownerView), nextCursor }, 200);
  });

  api.openapi(get, async (context) => {
    const owner = await existingOwner(context.var.access, context.req.valid("param").ownerId);
    return context.json(ownerView(owner), 200, { etag: etagOf(owner) });
  });

  api.openapi(update, async (context) => {
    const { access } = context.var;
    const { ownerId } = context.req.valid("param");
    const { limits, metadata, ...rest } = context.req.valid("json");
    const input = definedFields<UpdateOwnerInput>({
      ...rest,
      ...(await ownerGuard(access, ownerId, context.req.valid("header")["if-match"])),
      limits: toOwnLimits(limits),
      metadata: metadata && toMetadata(metadata),
    });
    const owner = await access.owners.update(ownerId, input);
    return context.json(ownerView(owner), 200, { etag: etagOf(owner) });
  });
}

/** An owner in responses. */
export function ownerView(owner: Owner): z.infer<typeof OwnerSchema> {
  const { id, name, plan, limits, allowedAddresses, status, createdAt, revision, metadata } = owner;
  return {
    id,
    name: name ?? null,
    plan: plan ?? null,
    ownLimits: limitsView(limits),
    allowedAddresses: allowedAddresses === undefined ? null : [...allowedAddresses],
    status,
    pause: pauseView(owner),
    createdAt: createdAt.toISOString(),
    revision,
    metadata,
  };
}

/** The condition of `If-Match` for an owner. */
export async function ownerGuard(access: Access, ownerId: string, ifMatch: string | undefined) {
  return guardOf(ifMatch, async () => existingOwner(access, ownerId), "owner-changed");
}

async function existingOwner(access: Access, ownerId: string): Promise<Owner> {
  const owner = await access.owners.get(ownerId);
  if (owner === undefined) throw new KeywardError("owner-not-found", "There is no such owner.");
  return owner;
}
