import { createRequire } from "node:module";
import * as adapter from "@keyward/express";
import { optionsFor, testAdapter, type AdapterSetup, type TestCall } from "@keyward/testkit";
import express5, { type Request, type RequestHandler, type Response } from "express";
import express4 from "express4";
import { describe, it } from "vitest";

/** As CommonJS programs get it: what was built. */
const commonJs = createRequire(import.meta.url)("@keyward/express") as typeof adapter;

const toCall = (request: Request, response: Response): TestCall => ({
  query: (name) => request.query[name]?.toString(),
  status: () => response.statusCode,
  respond: (status, text) => response.status(status).send(text),
});

const before: RequestHandler = (request, _response, next) => {
  request.apiKey = "of the application" as never;
  next();
};

const after: RequestHandler = (_request, response, next) => {
  response.locals = {};
  next();
};

/** Express 4 and 5 are used in the same way. */
function application(
  express: typeof express5,
  { keyward, me, apiKeyOf, admissionOf }: typeof adapter,
  { kw, trustLoopbackProxy, routes }: AdapterSetup,
) {
  const app = express();
  if (trustLoopbackProxy) app.set("trust proxy", "loopback");
  for (const { method = "GET", path, mounts, interferes = false, handle } of routes) {
    const middleware = mounts.flatMap((mount) => {
      const keywardMiddleware = keyward(kw, optionsFor(mount, toCall));
      return interferes ? [keywardMiddleware, after] : [keywardMiddleware];
    });
    const handler: RequestHandler = (request, response) => {
      const {
        status = 200,
        headers = {},
        body,
      } = handle({
        apiKey: request.apiKey,
        apiKeyOf: () => apiKeyOf(request),
        admissionOf: () => admissionOf(request),
      });
      response.status(status).set(headers).json(body);
    };
    const handlers: RequestHandler[] = [...(interferes ? [before] : []), ...middleware, handler];
    app[({ GET: "get", POST: "post", OPTIONS: "options" } as const)[method]](path, handlers);
  }
  app.get("/me", me(kw));
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
