import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ConsoleEnv } from "../app.ts";

/** What the document says beside its routes. */
export const OPENAPI = {
  openapi: "3.1.0",
  info: {
    title: "Keyward admin API",
    version: "1.0.0",
    description: "API keys: create, list, change, rotate, regenerate, revoke; their usage and audit trail.",
    license: { name: "MIT", url: "https://opensource.org/license/mit" },
  },
  servers: [{ url: ".", description: "Where this document is." }],
  security: [{ session: [] }],
  tags: [
    { name: "Session", description: "Who is acting." },
    { name: "Keys", description: "API keys and what becomes of them." },
    { name: "Usage", description: "What keys were used for." },
    { name: "Audit", description: "Who did what." },
  ],
};

/** Gives the OpenAPI document at `openapi.json`, made of the routes as they are. It is for anyone to read. */
export function describeApi(api: OpenAPIHono<ConsoleEnv>): void {
  api.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "__Host-keyward-session",
    description: "What signing in gives, or whatever the server's own `authorize` asks for.",
  });
  api.doc31("/openapi.json", OPENAPI);
}
