import { createRequire } from "node:module";
import * as adapter from "@keyward/koa";
import { testAdapter, type AdapterSetup } from "@keyward/testkit";
import { Router } from "@koa/router";
import Koa3 from "koa";
import mount from "koa-mount";
import Koa2 from "koa2";
import { describe, it } from "vitest";

/** As CommonJS programs get it, which is what was built. */
const commonJs = createRequire(import.meta.url)("@keyward/koa") as typeof adapter;

/** The routes that `testAdapter` asks for. Koa 2 and 3 are used in the same way. */
function application(
  Koa: typeof Koa3,
  { keyward }: typeof adapter,
  { kw, trustLoopbackProxy }: AdapterSetup,
): Koa3 {
  const app = new Koa();
  app.proxy = trustLoopbackProxy;
  // Errors are answered; the suite provokes some.
  app.silent = true;
  const router = new Router();
  router.get("/open", (ctx) => {
    ctx.body = { open: true };
  });
  router.get("/hello", keyward(kw), (ctx) => {
    ctx.body = { hello: ctx.state.apiKey?.name };
  });
  router.post("/reports", keyward(kw, { scopes: ["reports:write"], cost: 10 }), (ctx) => {
    ctx.status = 201;
    ctx.body = { made: true };
  });
  const cost = (ctx: Koa3.ParameterizedContext) => Number(ctx.query["cost"]);
  router.get("/priced", keyward(kw, { cost }), (ctx) => {
    ctx.body = { cost: cost(ctx) };
  });
  router.get("/broken", keyward(kw), () => {
    throw new Error("this route is broken");
  });
  const inner = new Router();
  inner.get("/inner", keyward(kw, { scopes: ["inner"], cost: 3 }), (ctx) => {
    ctx.body = {};
  });
  inner.get("/same", keyward(kw), (ctx) => {
    ctx.body = {};
  });
  // One under a router, one mounted.
  app.use(mount("/nested", keyward(kw)));
  app.use(mount("/nested", inner.routes()));
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
