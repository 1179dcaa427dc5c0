import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { RotateKeyOptions } from "@keyward/core";
import type { ConsoleEnv } from "../app.ts";
import { ETAG, json, PROBLEMS } from "./answers.ts";
import { definedFields } from "./defined-fields.ts";
import { etagOf, IfMatchHeader } from "./if-match.ts";
import { createdKeyView } from "./key-view.ts";
import { keyGuard } from "./keys.ts";
import { toDate } from "./own-settings.ts";
import { CreatedKeySchema, KeyId, RotateKeySchema } from "./schemas/keys.ts";

const rotate = createRoute({
  method: "post",
  path: "/api-keys/{id}/rotate",
  operationId: "rotateApiKey",
  summary: "Replaces a key. The old key stays valid for an overlap, which can be 0",
  tags: ["Keys"],
  request: {
    params: KeyId,
    headers: IfMatchHeader,
    body: { content: { "application/json": { schema: RotateKeySchema } } },
  },
  responses: {
    201: { ...json(CreatedKeySchema, "The new key. Only this response contains it."), headers: ETAG },
    ...PROBLEMS,
  },
});

export function addRotateRoute(api: OpenAPIHono<ConsoleEnv>): void {
  api.openapi(rotate, async (context) => {
    const { access } = context.var;
    const { id } = context.req.valid("param");
    const { overlapSeconds, expiresAt } = context.req.valid("json");
    const options = definedFields<RotateKeyOptions>({
      ...(await keyGuard(access, id, context.req.valid("header")["if-match"])),
      overlapMs: overlapSeconds === undefined ? undefined : overlapSeconds * 1000,
      expiresAt: toDate(expiresAt),
    });
    const created = await access.keys.rotate(id, options);
    return context.json(await createdKeyView(access, created), 201, { etag: etagOf(created.key) });
  });
}
