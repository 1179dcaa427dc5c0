import { createRequire } from "node:module";
import * as adapter from "@keyward/fastify";
import { testAdapter, type AdapterSetup, type TestApplication } from "@keyward/testkit";
import Fastify, { type FastifyRequest } from "fastify";
import { describe, it } from "vitest";

/** As CommonJS programs get it, which is what was built. */
const commonJs = createRequire(import.meta.url)("@keyward/fastify") as typeof adapter;

async function start({ keyward }: typeof adapter, setup: AdapterSetup): Promise<TestApplication> {
  const { kw, trustLoopbackProxy } = setup;
  const app = Fastify(trustLoopbackProxy ? { trustProxy: "loopback" } : {});
  app.get("/open", () => ({ open: true }));
  app.get("/hello", { onRequest: keyward(kw) }, (request) => ({ hello: request.apiKey?.name }));
  const report = { onRequest: keyward(kw, { scopes: ["reports:write"], cost: 10 }) };
  app.post("/reports", report, (_request, reply) => reply.status(201).send({ made: true }));
  const cost = (request: FastifyRequest) => Number((request.query as { cost?: string }).cost);
  app.get("/priced", { onRequest: keyward(kw, { cost }) }, (request) => ({ cost: cost(request) }));
  app.get("/broken", { onRequest: keyward(kw) }, () => {
    throw new Error("this route is broken");
  });
  await app.register(
    (nested, _options, done) => {
      nested.addHook("onRequest", keyward(kw));
      nested.get("/inner", { onRequest: keyward(kw, { scopes: ["inner"], cost: 3 }) }, () => ({}));
      nested.get("/same", { onRequest: keyward(kw) }, () => ({}));
      done();
    },
    { prefix: "/nested" },
  );
  await app.ready();
  return {
    listener: (request, response) => app.routing(request, response),
    close: () => app.close(),
  };
}

for (const [name, module] of [
  ["Fastify 5", adapter],
  ["Fastify 5, CommonJS", commonJs],
] as const) {
  testAdapter({ describe, it }, { name, start: (setup) => start(module, setup) });
}
