import { createKeyward } from "@keyward/core";
import { ApiKeyError, apiKeyOf, keyward } from "@keyward/fastify";
import Fastify, { type FastifyInstance } from "fastify";
import { describe, expect, it, onTestFinished } from "vitest";

async function setUp() {
  const kw = createKeyward({ requireHttps: false });
  const { secret } = await kw.keys.create({ name: "billing", scopes: ["read"] });
  const app = Fastify();
  onTestFinished(() => app.close());
  const get = (url: string, key: string | undefined = secret.reveal()) =>
    app.inject({ url, headers: key === "" ? {} : { "x-api-key": key } });
  return { kw, app, get };
}

const named = (app: FastifyInstance, url: string, config = {}) =>
  app.get(url, { config }, (request) => ({ name: request.apiKey?.name ?? null }));

describe("the plugin", () => {
  it("guards the routes of its scope, also those declared before it was loaded", async () => {
    const { kw, app, get } = await setUp();
    void app.register(keyward, { kw });
    named(app, "/early");
    named(app, "/early-open", { keyward: false });
    named(app, "/early-scoped", { keyward: { scopes: ["write"] } });
    await app.after();
    named(app, "/late");
    named(app, "/open", { keyward: false });
    named(app, "/scoped", { keyward: { scopes: ["write"] } });
    await app.register(async (child) => void named(child, "/child"));
    for (const path of ["/early", "/late", "/child", "/early-scoped", "/scoped", "/nowhere"]) {
      expect((await get(path, "")).statusCode, path).toBe(401);
    }
    for (const path of ["/early", "/late", "/child"])
      expect((await get(path)).json()).toEqual({ name: "billing" });
    for (const path of ["/early-open", "/open"]) expect((await get(path, "")).json()).toEqual({ name: null });
    for (const path of ["/early-scoped", "/scoped"]) expect((await get(path)).statusCode).toBe(403);
  });

  it("leaves routes outside of its scope alone", async () => {
    const { kw, app, get } = await setUp();
    await app.register(async (scope) => {
      await scope.register(keyward, { kw });
      named(scope, "/inside");
    });
    app.get("/outside", (request) => {
      expect(() => apiKeyOf(request)).toThrow(expect.objectContaining({ code: "not-admitted" }));
      return {};
    });
    expect((await get("/outside", "")).statusCode).toBe(200);
    expect((await get("/inside", "")).statusCode).toBe(401);
  });

  it("lets a route override the options of the plugin", async () => {
    const { kw, app, get } = await setUp();
    await app.register(keyward, { kw, cost: 5 });
    named(app, "/five");
    named(app, "/free", { keyward: { cost: 0 } });
    const daily = async (url: string) =>
      /"daily";r=(\d+)/.exec(String((await get(url)).headers["ratelimit"]))?.[1];
    expect(await daily("/five")).toBe("1995");
    expect(await daily("/free")).toBe("1995");
  });

  it("refuses wrong options when a route is declared", async () => {
    const { kw, app } = await setUp();
    await app.register(keyward, { kw });
    expect(() => named(app, "/wrong", { keyward: { scope: ["read"] } })).toThrow(
      /keyward\(\) has no option "scope"/,
    );
    await expect(Fastify().register(keyward, {} as never)).rejects.toThrow(
      /kw must be the result of createKeyward\(\)/,
    );
  });
});

describe("a refusal", () => {
  it("reaches the error handler of the application, with its headers set", async () => {
    const { kw, app, get } = await setUp();
    const errors: unknown[] = [];
    app.setErrorHandler((error, _request, reply) => {
      errors.push(error);
      return reply.status(error instanceof ApiKeyError ? error.statusCode : 500).send({ own: true });
    });
    await app.register(keyward, { kw });
    named(app, "/hello");
    const response = await get("/hello", "");
    expect([response.statusCode, response.json()]).toEqual([401, { own: true }]);
    expect(response.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "www-authenticate": 'ApiKey realm="api", header="x-api-key"',
      "cache-control": "no-store",
    });
    expect(errors).toEqual([
      expect.objectContaining({ name: "ApiKeyError", code: "missing-api-key", statusCode: 401 }),
    ]);
    expect((await get("/hello")).statusCode).toBe(200);
  });

  it("reaches the error handler of a scope, and of a route", async () => {
    const { kw, app, get } = await setUp();
    await app.register(keyward, { kw });
    await app.register(async (scope) => {
      scope.setErrorHandler((_error, _request, reply) => reply.send({ scope: true }));
      named(scope, "/scoped");
    });
    app.get(
      "/routed",
      { errorHandler: (_error, _request, reply) => void reply.send({ route: true }) },
      () => ({}),
    );
    expect((await get("/scoped", "")).json()).toEqual({ scope: true });
    expect((await get("/routed", "")).json()).toEqual({ route: true });
  });

  it("is the problem document where the handler sends the error", async () => {
    const { kw, app, get } = await setUp();
    app.setErrorHandler((error, _request, reply) => void reply.send(error));
    await app.register(keyward, { kw });
    named(app, "/hello");
    const response = await get("/hello", "");
    expect(response.statusCode).toBe(401);
    expect(response.headers["content-type"]).toBe("application/problem+json");
    expect(response.json()).toMatchObject({ code: "missing-api-key", status: 401 });
  });

  it("is the problem document where there is no handler", async () => {
    const { kw, app, get } = await setUp();
    await app.register(keyward, { kw });
    named(app, "/hello");
    expect((await get("/hello", "")).headers["content-type"]).toBe("application/problem+json");
  });
});

it("works with HTTP/2", async () => {
  const { kw } = await setUp();
  const { secret } = await kw.keys.create({ name: "second" });
  const app = Fastify({ http2: true });
  onTestFinished(() => app.close());
  await app.register(keyward, { kw });
  app.get("/", (request) => ({ name: apiKeyOf(request).name }));
  const { connect } = await import("node:http2");
  const client = connect(await app.listen({ host: "127.0.0.1", port: 0 }));
  onTestFinished(() => client.close());
  const ask = (headers: Record<string, string>) =>
    new Promise<string>((resolve, reject) => {
      const request = client.request({ ":path": "/", ...headers });
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.once("end", () => resolve(body));
      request.once("error", reject);
    });
  expect(JSON.parse(await ask({ "x-api-key": secret.reveal() }))).toEqual({ name: "second" });
  expect(JSON.parse(await ask({}))).toMatchObject({ code: "missing-api-key" });
});
