import { createKeyward } from "@keyward/core";
import { keyward } from "@keyward/fastify";
import Fastify from "fastify";
import { expectTypeOf, it } from "vitest";

/** Compiled, never called. */
export async function uses(): Promise<void> {
  const kw = createKeyward();
  const plain = Fastify();
  await plain.register(keyward, { kw, scopes: ["read"], cost: (request) => request.url.length });
  plain.get<{ Params: { id: string } }>("/:id", { config: { keyward: { cost: 2 } } }, (request) => {
    expectTypeOf(request.params.id).toEqualTypeOf<string>();
    return request.apiKey?.name;
  });
  plain.get("/health", { config: { keyward: false } }, () => ({}));
  // @ts-expect-error -- not a list of scopes
  plain.get("/wrong", { config: { keyward: { scopes: "read" } } }, () => ({}));

  const logged = Fastify({ loggerInstance: plain.log });
  await logged.register(keyward, { kw });
  logged.get("/", (request) => request.apiKey?.name);

  const http2 = Fastify({ http2: true });
  await http2.register(keyward, { kw });
  http2.get("/", { config: { keyward: { scopes: ["read"] } } }, (request) => request.apiKey?.name);
}

it("compiles with own loggers and HTTP/2", () => {
  expectTypeOf(uses).toBeFunction();
});
