import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createRequire } from "node:module";
import * as adapter from "@keyward/fastify";
import { testAdapter, type AdapterSetup, type RunningAdapter } from "@keyward/testkit";
import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { describe, it } from "vitest";

/** As CommonJS programs get it, which is what was built. */
const commonJs = createRequire(import.meta.url)("@keyward/fastify") as typeof adapter;

async function application({ keyward }: typeof adapter, setup: AdapterSetup): Promise<FastifyInstance> {
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
  return app;
}

async function listen(module: typeof adapter, setup: AdapterSetup): Promise<RunningAdapter> {
  const app = await application(module, setup);
  const https = createHttpsServer(setup.certificate, (request, response) => app.routing(request, response));
  const http = createHttpServer((request, response) => app.routing(request, response));
  for (const server of [https, http]) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  return {
    https,
    http,
    async close() {
      for (const server of [https, http]) {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
      }
      await app.close();
    },
  };
}

for (const [name, module] of [
  ["Fastify 5", adapter],
  ["Fastify 5, CommonJS", commonJs],
] as const) {
  testAdapter({ describe, it }, { name, listen: (setup) => listen(module, setup) });
}
