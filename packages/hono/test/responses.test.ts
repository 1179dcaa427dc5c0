import { createKeyward, type KeywardOptions } from "@keyward/core";
import { admissionOf, keyward } from "@keyward/hono";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { streamSSE } from "hono/streaming";
import { describe, expect, it, onTestFinished } from "vitest";

async function setUp(options: KeywardOptions = {}) {
  const kw = createKeyward(options);
  onTestFinished(() => kw.close());
  const { key, secret } = await kw.keys.create({ name: "a" });
  const headers = { "x-api-key": secret.reveal() };
  return { kw, key, headers };
}

describe("without a server, as in tests", () => {
  it("responds by the URL of the request", async () => {
    const { kw, headers } = await setUp();
    const app = new Hono().use("/v1/*", keyward(kw)).get("/v1/json", (c) => c.json({}));
    expect((await app.request("https://api.example.com/v1/json", { headers })).status).toBe(200);
    expect((await app.request("/v1/json", { headers })).status).toBe(403);
    expect((await app.request("https://api.example.com/v1/json")).status).toBe(401);
  });

  it("settles when the body was read, or is cancelled", async () => {
    const { kw, key, headers } = await setUp({ requireHttps: false });
    const app = new Hono();
    app.get("/read", keyward(kw, { cost: 5, settle: (c) => (c.res.ok ? 1 : 0) }), (c) => c.text("hello"));
    app.get("/stream", keyward(kw, { cost: 5, settle: () => 2 }), (c) =>
      streamSSE(c, async (stream) => {
        for (let tick = 0; ; tick += 1) {
          await stream.writeSSE({ data: String(tick) });
          if (stream.aborted) return;
          await stream.sleep(1);
        }
      }),
    );
    const daily = async () => (await kw.quota(key)).remaining["daily"];
    const read = await app.request("/read", { headers });
    expect(await daily()).toBe(1995);
    await read.text();
    await expect.poll(daily).toBe(1999);
    const stream = await app.request("/stream", { headers });
    expect(await daily()).toBe(1994);
    await stream.body?.cancel();
    await expect.poll(daily).toBe(1997);
  });

  it("counts a request once when its raw request is replaced", async () => {
    const { kw, headers } = await setUp({ requireHttps: false });
    const app = new Hono();
    app.use(keyward(kw));
    app.use((c, next) => {
      c.req.raw = new Request(c.req.raw);
      return next();
    });
    app.get("/", keyward(kw), (c) => c.text(admissionOf(c).plan));
    const response = await app.request("/", { headers });
    expect(response.headers.get("ratelimit")).toContain('"daily";r=1999');
  });
});

describe("responses of every kind have the limits", () => {
  it.each<[string, number]>([
    ["json", 200],
    ["raw", 200],
    ["raw-json", 200],
    ["redirected", 302],
    ["throw", 500],
    ["exception", 418],
    ["exception-response", 418],
    ["sse", 200],
    ["not-found", 404],
    ["missing", 404],
    ["fetched", 200],
  ])("%s", async (path, status) => {
    const { kw, headers } = await setUp({ requireHttps: false });
    const app = new Hono();
    app.use(cors());
    app.use("/v1/*", keyward(kw));
    app.get("/v1/json", (c) => c.json({}));
    app.get("/v1/raw", () => new Response("hello"));
    app.get("/v1/raw-json", () => Response.json({}));
    app.get("/v1/redirected", () => Response.redirect("https://api.example.com/", 302));
    app.get("/v1/throw", () => {
      throw new Error("broken");
    });
    app.get("/v1/exception", () => {
      throw new HTTPException(418, { message: "teapot" });
    });
    app.get("/v1/exception-response", () => {
      throw new HTTPException(418, { res: new Response("teapot", { status: 418 }) });
    });
    app.get("/v1/sse", (c) => streamSSE(c, (stream) => stream.writeSSE({ data: "1" })));
    app.get("/v1/not-found", (c) => c.notFound());
    app.get("/v1/fetched", () => fetch("data:text/plain,hello"));
    app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text("broken", 500)));
    const response = await app.request(`/v1/${path}`, {
      headers: { ...headers, origin: "https://app.example.com" },
    });
    expect(response.status).toBe(status);
    expect(response.headers.get("ratelimit")).toContain('"daily";r=1999');
    expect(response.headers.get("cache-control")).toMatch(/private|no-cache/);
    expect(response.headers.get("vary")?.toLowerCase()).toContain("x-api-key");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-expose-headers")).toContain("RateLimit");
  });
});

it("refuses wrong options when it is mounted", async () => {
  const { kw } = await setUp();
  expect(() => keyward(kw, { trustProxy: "nowhere" })).toThrow(
    /trustProxy must be true, false, or addresses/,
  );
  expect(() => keyward(kw, { secure: true as never })).toThrow(/secure must be a function; got true/);
});

it("trusts proxies on Unix sockets if configured", async () => {
  const { kw, headers } = await setUp();
  const ask = (trustProxy: string[]) => {
    const app = new Hono().use(keyward(kw, { trustProxy })).get("/", (c) => c.text("hello"));
    const sent = { ...headers, "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.1" };
    const env = { incoming: { headers: sent, rawHeaders: [], method: "GET", socket: {} } };
    return app.request("/", { headers: sent }, env);
  };
  expect((await ask(["unix"])).status).toBe(200);
  expect((await ask(["loopback"])).status).toBe(403);
});
