import { keyward } from "@keyward/koa";
import Koa, { type Middleware } from "koa";
import rateLimit from "koa-ratelimit";
import { doTheLeast, HUGE, WINDOWS, type CreateApps } from "./apps.ts";
import { PeerKeys } from "./peer-keys.ts";

function app(...inFront: readonly Middleware[]) {
  const koa = new Koa();
  for (const middleware of inFront) koa.use(middleware);
  koa.use((ctx) => {
    ctx.body = { hello: "bench" };
  });
  return koa.callback();
}

const least: Middleware = (ctx, next) => {
  doTheLeast(ctx.req.headers["x-api-key"], (name, value) => ctx.res.setHeader(name, value));
  return next();
};

function peer(key: string): Middleware[] {
  const keys = new PeerKeys(key);
  const lookUp: Middleware = (ctx, next) => {
    const id = keys.idOf(ctx.headers["x-api-key"]);
    if (id === undefined) ctx.throw(401);
    ctx.state["keyId"] = id;
    return next();
  };
  const limits = Object.values(WINDOWS).map((duration) =>
    rateLimit({
      driver: "memory",
      db: new Map(),
      duration,
      max: HUGE,
      id: (ctx) => ctx.state["keyId"] as string,
    }),
  );
  return [lookUp, ...limits];
}

export const createKoaApps: CreateApps = async (kw, key) => ({
  bare: app(),
  least: app(least),
  guarded: app(keyward(kw)),
  peer: app(...peer(key)),
});
