import { createRequire } from "node:module";
import { getRequestListener } from "@hono/node-server";
import * as adapter from "@keyward/hono";
import { optionsFor, testAdapter, type AdapterSetup, type TestCall } from "@keyward/testkit";
import { Hono, type Context, type Handler, type MiddlewareHandler } from "hono";
import { describe, it } from "vitest";

/** As CommonJS programs get it: what was built. */
const commonJs = createRequire(import.meta.url)("@keyward/hono") as typeof adapter;

const toCall = (c: Context): TestCall => ({
  query: (name) => c.req.query(name),
  status: () => c.res.status,
  respond: (status, text) => c.text(text, status as 200),
});

const before: MiddlewareHandler = (c, next) => {
  c.set("apiKey", "of the application");
  return next();
};

/** As `bodyLimit()` does. */
const between: MiddlewareHandler = (c, next) => {
  c.req.raw = new Request(c.req.raw);
  return next();
};

function application(
  { keyward, me, apiKeyOf, admissionOf }: typeof adapter,
  { kw, trustLoopbackProxy, routes }: AdapterSetup,
): Hono {
  const trust = trustLoopbackProxy ? { trustProxy: "loopback" } : {};
  const app = new Hono();
  for (const { method = "GET", path, mounts, interferes = false, handle } of routes) {
    const middleware = mounts.flatMap((mount, index) => {
      const keywardMiddleware = keyward(kw, { ...optionsFor(mount, toCall), ...trust }) as MiddlewareHandler;
      return interferes && index > 0 ? [between, keywardMiddleware] : [keywardMiddleware];
    });
    const handler: Handler = (c) => {
      const {
        status = 200,
        headers = {},
        body,
      } = handle({
        apiKey: c.get("apiKey"),
        apiKeyOf: () => apiKeyOf(c),
        admissionOf: () => admissionOf(c),
      });
      return c.json(body, status as 200, { ...headers });
    };
    app.on([method], [path], ...(interferes ? [before] : []), ...middleware, handler);
  }
  app.get("/me", me(kw, trust));
  // The suite provokes errors, which are responded to.
  app.onError((_error, c) => c.json({ error: "Something went wrong." }, 500));
  return app;
}

for (const [name, module] of [
  ["Hono 4", adapter],
  ["Hono 4, CommonJS", commonJs],
] as const) {
  testAdapter(
    { describe, it },
    { name, start: (setup) => ({ listener: getRequestListener(application(module, setup).fetch) }) },
  );
}
