import { createRequire } from "node:module";
import * as adapter from "@keyward/fastify";
import {
  optionsFor,
  testAdapter,
  type AdapterSetup,
  type TestApplication,
  type TestCall,
} from "@keyward/testkit";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { describe, it } from "vitest";

/** As CommonJS programs get it: what was built. */
const commonJs = createRequire(import.meta.url)("@keyward/fastify") as typeof adapter;

const toCall = (request: FastifyRequest, reply: FastifyReply): TestCall => ({
  query: (name) => (request.query as Record<string, string | undefined>)[name],
  status: () => reply.statusCode,
  respond: (status, text) => reply.status(status).type("text/plain").send(text),
});

const before = (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
  request.apiKey = "of the application" as never;
  done();
};

/** Each route is a separate scope, in which the plugin is registered for each mount. */
async function start(
  { keyward, me, apiKeyOf, admissionOf }: typeof adapter,
  { kw, trustLoopbackProxy, routes }: AdapterSetup,
): Promise<TestApplication> {
  const app = Fastify(trustLoopbackProxy ? { trustProxy: "loopback" } : {});
  for (const { method = "GET", path, mounts, interferes = false, handle } of routes) {
    await app.register(async (scope) => {
      if (interferes) scope.addHook("onRequest", before);
      for (const mount of mounts) await scope.register(keyward, { kw, ...optionsFor(mount, toCall) });
      scope.route({
        method,
        url: path,
        handler: (request, reply) => {
          const {
            status = 200,
            headers = {},
            body,
          } = handle({
            apiKey: request.apiKey,
            apiKeyOf: () => apiKeyOf(request),
            admissionOf: () => admissionOf(request),
          });
          return reply.status(status).headers(headers).send(body);
        },
      });
    });
  }
  app.get("/me", me(kw));
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
