import { createRequire } from "node:module";
import { getRequestListener } from "@hono/node-server";
import * as adapter from "@keyward/hono";
import { testAdapter, type AdapterSetup } from "@keyward/testkit";
import { Hono, type Context } from "hono";
import { describe, it } from "vitest";

/** As CommonJS programs get it, which is what was built. */
const commonJs = createRequire(import.meta.url)("@keyward/hono") as typeof adapter;

function application({ keyward }: typeof adapter, { kw, trustLoopbackProxy }: AdapterSetup): Hono {
  const trust = trustLoopbackProxy ? { trustProxy: "loopback" } : {};
  const app = new Hono();
  app.get("/open", (context) => context.json({ open: true }));
  app.get("/hello", keyward(kw, trust), (context) => context.json({ hello: context.var.apiKey.name }));
  const report = keyward(kw, { scopes: ["reports:write"], cost: 10, ...trust });
  app.post("/reports", report, (context) => context.json({ made: true }, 201));
  const cost = (context: Context) => Number(context.req.query("cost"));
  app.get("/priced", keyward(kw, { cost, ...trust }), (context) => context.json({ cost: cost(context) }));
  app.get("/broken", keyward(kw, trust), () => {
    throw new Error("this route is broken");
  });
  app.use("/nested/*", keyward(kw, trust));
  const inner = keyward(kw, { scopes: ["inner"], cost: 3, ...trust });
  app.get("/nested/inner", inner, (context) => context.json({}));
  app.get("/nested/same", keyward(kw, trust), (context) => context.json({}));
  // Errors are answered; the suite provokes some.
  app.onError((_error, context) => context.json({ error: "Something went wrong." }, 500));
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
