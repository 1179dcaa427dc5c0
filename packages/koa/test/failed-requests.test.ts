import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createKeyward } from "@keyward/core";
import { keyward } from "@keyward/koa";
import Koa3, { type Middleware } from "koa";
import Koa2 from "koa2";
import { describe, expect, it, onTestFinished } from "vitest";

async function serve(Koa: typeof Koa3, ...middleware: readonly Middleware[]) {
  const kw = createKeyward({ requireHttps: { allowLoopback: true } });
  const app = new Koa();
  app.silent = true;
  for (const each of [keyward(kw), ...middleware]) app.use(each);
  const server = createServer(app.callback()).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const createKey = async () => (await kw.keys.create({ name: "a" })).secret.reveal();
  const ask = async (key: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { "x-api-key": key } });
    const remaining = /"daily";r=(\d+)/.exec(response.headers.get("ratelimit") ?? "")?.[1];
    return { status: response.status, remaining, wait: response.headers.get("retry-after") };
  };
  return { createKey, ask };
}

describe.each([
  ["Koa 3", Koa3],
  ["Koa 2", Koa2],
])("a request that fails in %s", (_name, Koa) => {
  it("gets the remaining requests of each client's key, though the same error object is thrown repeatedly", async () => {
    const failure = Object.assign(new Error("not today"), { status: 503, headers: { "retry-after": "7" } });
    const { createKey, ask } = await serve(Koa, () => {
      throw failure;
    });
    const [one, other] = [await createKey(), await createKey()];
    const answer = { status: 503, wait: "7" };
    expect(await ask(one)).toEqual({ ...answer, remaining: "1999" });
    expect(await ask(one)).toEqual({ ...answer, remaining: "1998" });
    expect(await ask(other)).toEqual({ ...answer, remaining: "1999" });
    expect(failure.headers).toEqual({ "retry-after": "7" });
  });

  it("gets a response for any kind of error object", async () => {
    const failures = [
      Object.defineProperty(new Error("with headers that cannot be changed"), "headers", { value: {} }),
      new (class extends Error {
        get headers() {
          return {};
        }
      })("with headers that cannot be set"),
    ];
    const { createKey, ask } = await serve(Koa, () => {
      throw failures.shift();
    });
    const key = await createKey();
    expect(await ask(key)).toMatchObject({ status: 500 });
    expect(await ask(key)).toMatchObject({ status: 500, remaining: "1998" });
  });

  it("gets the remaining requests with an error that wraps another", async () => {
    const rename: Middleware = async (_ctx, next) => {
      try {
        await next();
      } catch (cause) {
        throw new Error("outer", { cause });
      }
    };
    const { createKey, ask } = await serve(Koa, rename, () => {
      throw new Error("inner");
    });
    expect(await ask(await createKey())).toMatchObject({ status: 500, remaining: "1999" });
  });
});
