import { createRequire } from "node:module";
import * as adapter from "@keyward/koa";
import { optionsFor, testAdapter, type AdapterSetup, type TestCall } from "@keyward/testkit";
import { Router } from "@koa/router";
import Koa3, { type Middleware, type ParameterizedContext } from "koa";
import Koa2 from "koa2";
import { describe, it } from "vitest";

/** As CommonJS programs get it: what was built. */
const commonJs = createRequire(import.meta.url)("@keyward/koa") as typeof adapter;

const toCall = (ctx: ParameterizedContext): TestCall => ({
  query: (name) => ctx.query[name]?.toString(),
  status: () => ctx.status,
  respond(status, text) {
    ctx.status = status;
    ctx.body = text;
  },
});

const before: Middleware = (ctx, next) => {
  ctx.state.apiKey = "of the application" as never;
  return next();
};

const between: Middleware = (ctx, next) => {
  ctx.state = {};
  return next();
};

/** Koa 2 and 3 are used in the same way. */
function application(
  Koa: typeof Koa3,
  { keyward, me, apiKeyOf, admissionOf }: typeof adapter,
  { kw, trustLoopbackProxy, routes }: AdapterSetup,
): Koa3 {
  const app = new Koa();
  app.proxy = trustLoopbackProxy;
  // The suite provokes errors, which are responded to.
  app.silent = true;
  const router = new Router();
  for (const { method = "GET", path, mounts, interferes = false, handle } of routes) {
    const middleware = mounts.flatMap((mount, index) => {
      const keywardMiddleware = keyward(kw, optionsFor(mount, toCall));
      return interferes && index > 0 ? [between, keywardMiddleware] : [keywardMiddleware];
    });
    const handler: Middleware = (ctx) => {
      const {
        status = 200,
        headers = {},
        body,
      } = handle({
        apiKey: ctx.state.apiKey,
        apiKeyOf: () => apiKeyOf(ctx),
        admissionOf: () => admissionOf(ctx),
      });
      ctx.status = status;
      ctx.set(headers);
      ctx.body = body;
    };
    router.register(path, method === "GET" ? ["GET", "HEAD"] : [method], [
      ...(interferes ? [before] : []),
      ...middleware,
      handler,
    ]);
  }
  router.get("/me", me(kw));
  app.use(router.routes());
  return app;
}

for (const [name, Koa, module] of [
  ["Koa 3", Koa3, adapter],
  ["Koa 2", Koa2, adapter],
  ["Koa 3, CommonJS", Koa3, commonJs],
  ["Koa 2, CommonJS", Koa2, commonJs],
] as const) {
  testAdapter(
    { describe, it },
    { name, start: (setup) => ({ listener: application(Koa, module, setup).callback() }) },
  );
}
