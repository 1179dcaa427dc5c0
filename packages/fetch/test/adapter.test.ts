import { createRequire } from "node:module";
import type { IncomingMessage } from "node:http";
import { getRequestListener } from "@hono/node-server";
import * as adapter from "@keyward/fetch";
import {
  optionsFor,
  testAdapter,
  type AdapterSetup,
  type TestApplication,
  type TestCall,
} from "@keyward/testkit";
import { describe, it } from "vitest";

/** As CommonJS programs get it: what was built. */
const commonJs = createRequire(import.meta.url)("@keyward/fetch") as typeof adapter;

interface Bindings {
  readonly incoming: IncomingMessage;
}

type Handler = (request: Request, bindings: Bindings) => Response | Promise<Response>;

const toCall = (request: Request, response?: Response): TestCall => ({
  query: (name) => new URL(request.url).searchParams.get(name) ?? undefined,
  status: () => response?.status ?? 0,
  respond: (status, text) => new Response(text, { status }),
});

function start(
  { withKeyward, me, apiKeyOf, admissionOf }: typeof adapter,
  { kw, trustLoopbackProxy, routes }: AdapterSetup,
): TestApplication {
  const forwarded = (request: Request, name: string) =>
    trustLoopbackProxy ? request.headers.get(name) : null;
  const facts = {
    secure: (request: Request) =>
      (forwarded(request, "x-forwarded-proto") ?? new URL(request.url).protocol.slice(0, -1)) === "https",
    clientAddress: (request: Request, { incoming }: Bindings) =>
      forwarded(request, "x-forwarded-for") ?? incoming.socket.remoteAddress,
  };
  const handlers = new Map<string, Handler>();
  for (const { method = "GET", path, mounts, handle } of routes) {
    const innermost: Handler = (request) => {
      const {
        status = 200,
        headers = {},
        body,
      } = handle({
        apiKey: path === "/open" || path === "/unguarded" ? undefined : keyIn(() => apiKeyOf(request)),
        apiKeyOf: () => apiKeyOf(request),
        admissionOf: () => admissionOf(request),
      });
      return Response.json(body, { status, headers });
    };
    handlers.set(
      `${method} ${path}`,
      mounts.reduceRight<Handler>(
        (handler, mount) =>
          withKeyward<Request, [Bindings]>(kw, handler, { ...optionsFor(mount, toCall), ...facts }),
        innermost,
      ),
    );
  }
  handlers.set("GET /me", me<Request, [Bindings]>(kw, facts));
  const listener = getRequestListener(async (request, bindings) => {
    const method = request.method === "HEAD" ? "GET" : request.method;
    const handler = handlers.get(`${method} ${new URL(request.url).pathname}`);
    try {
      return (
        (await handler?.(request, bindings as unknown as Bindings)) ?? new Response(null, { status: 404 })
      );
    } catch {
      return new Response("Something went wrong.", { status: 500 });
    }
  });
  return { listener };
}

/** There is no field here. */
function keyIn(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

for (const [name, module] of [
  ["fetch", adapter],
  ["fetch, CommonJS", commonJs],
] as const) {
  testAdapter(
    { describe, it },
    { name, lacks: ["socket", "errors"], start: (setup) => start(module, setup) },
  );
}
