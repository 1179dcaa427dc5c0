import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ConsoleEnv } from "../app.ts";

/** The parts of the document besides its routes. */
export const OPENAPI = {
  openapi: "3.1.0",
  info: {
    title: "Keyward admin API",
    version: "1.0.0",
    description:
      "API keys and their owners: create, list, change, rotate, pause and revoke; usage and the audit log.",
    license: { name: "MIT", url: "https://opensource.org/license/mit" },
  },
  servers: [{ url: ".", description: "The address of this document." }],
  security: [{ session: [] }, { apiKey: [] }],
  tags: [
    { name: "Session", description: "The principal and its permissions." },
    { name: "Keys", description: "API keys." },
    { name: "Owners", description: "Customers that own keys." },
    { name: "Usage", description: "Requests by hour or day." },
    { name: "Audit", description: "The audit log." },
  ],
};

/** Serves the OpenAPI document at `openapi.json`, generated from the routes. It is public. */
export function describeApi(api: OpenAPIHono<ConsoleEnv>): void {
  api.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "__Host-keyward-session",
    description: "The cookie of a session, or the credentials that the server's own `authorize` requires.",
  });
  api.openAPIRegistry.registerComponent("securitySchemes", "apiKey", {
    type: "apiKey",
    in: "header",
    name: "x-api-key",
    description: "An API key with the scope that `keySignIn` requires.",
  });
  api.doc31("/openapi.json", OPENAPI);
}
