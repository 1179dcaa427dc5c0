import { createRequire } from "node:module";
import * as adapter from "@keyward/express";
import { testAdapter, type AdapterSetup } from "@keyward/testkit";
import express5 from "express";
import express4 from "express4";
import { describe, it } from "vitest";

/** As CommonJS programs get it, which is what was built. */
const commonJs = createRequire(import.meta.url)("@keyward/express") as typeof adapter;

/** The routes that `testAdapter` asks for. Express 4 and 5 are used in the same way. */
function application(
  express: typeof express5,
  { keyward }: typeof adapter,
  { kw, trustLoopbackProxy }: AdapterSetup,
) {
  const app = express();
  if (trustLoopbackProxy) app.set("trust proxy", "loopback");
  app.get("/open", (_request, response) => {
    response.json({ open: true });
  });
  app.get("/hello", keyward(kw), (request, response) => {
    response.json({ hello: request.apiKey?.name });
  });
  app.post("/reports", keyward(kw, { scopes: ["reports:write"], cost: 10 }), (_request, response) => {
    response.status(201).json({ made: true });
  });
  const cost = (request: express5.Request) => Number(request.query["cost"]);
  app.get("/priced", keyward(kw, { cost }), (request, response) => {
    response.json({ cost: cost(request) });
  });
  app.get("/broken", keyward(kw), () => {
    throw new Error("this route is broken");
  });
  const nested = express.Router();
  nested.get("/inner", keyward(kw, { scopes: ["inner"], cost: 3 }), (_request, response) => {
    response.json({});
  });
  nested.get("/same", keyward(kw), (_request, response) => {
    response.json({});
  });
  app.use("/nested", keyward(kw), nested);
  return app;
}

for (const [name, express, module] of [
  ["Express 5", express5, adapter],
  ["Express 4", express4, adapter],
  ["Express 5, CommonJS", express5, commonJs],
  ["Express 4, CommonJS", express4, commonJs],
] as const) {
  testAdapter(
    { describe, it },
    { name, start: (setup) => ({ listener: application(express, module, setup) }) },
  );
}
