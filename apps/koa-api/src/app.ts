import type { Console } from "@keyward/console";
import type { Keyward } from "@keyward/core";
import { keyward, me } from "@keyward/koa";
import { Router } from "@koa/router";
import Koa from "koa";
import type { Environment } from "./setup/environment.ts";
import { usageToday } from "./usage-today.ts";

export interface KoaApiOptions {
  readonly kwConsole?: Console;
  readonly trustProxy?: Environment["trustProxy"];
}

/** The sample API. Each route says what it asks of the caller's key. */
export function createApp(kw: Keyward, { kwConsole, trustProxy }: KoaApiOptions = {}): Koa {
  const app = new Koa();
  // Trust X-Forwarded-… headers. Off by default: otherwise any client could claim HTTPS.
  app.proxy = trustProxy !== undefined;
  // The number of proxies. Of the addresses in X-Forwarded-For only the last so many were added by
  // them; those before are what the client claims.
  app.maxIpsCount = typeof trustProxy === "number" ? trustProxy : 1;
  app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      // Koa and its middleware mark mistakes of clients, such as a malformed path.
      const { status = 500 } = error as { status?: number };
      if (status >= 500) console.error(error);
      ctx.status = status;
      ctx.body = { error: status < 500 ? "The request is malformed." : "Something went wrong." };
    }
  });
  // Koa reports errors of connections here. Clients cause those, by sending malformed requests or leaving early.
  app.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === undefined) console.error(error);
  });

  // Handles /admin and the paths below it, and passes on all other requests.
  if (kwConsole !== undefined) app.use(kwConsole.koa);

  const router = new Router();
  // True if it works, and whether it may be sent requests: the same here, since it stops listening before it ends.
  router.get(["/healthz", "/readyz"], async (ctx) => {
    // The endpoint is public: the store and Redis are asked at most once a second.
    const health = await kw.health({ maxAgeMs: 1000 });
    // Without Redis it uses local limits: degraded, but serving.
    ctx.status = health.status === "failing" ? 503 : 200;
    ctx.body = health;
  });

  // Any valid key will do.
  router.get("/v1/hello", keyward(kw), (ctx) => {
    ctx.body = { hello: ctx.state.apiKey?.name };
  });

  // Needs a scope, and costs as much as ten other requests.
  router.post("/v1/reports", keyward(kw, { scopes: ["reports:write"], cost: 10 }), (ctx) => {
    ctx.status = 201;
    ctx.body = { report: "made" };
  });

  // Counts in no quota, so that a customer who has used up one can still ask.
  router.get("/v1/me", me(kw));

  router.get("/v1/usage", keyward(kw), async (ctx) => {
    if (ctx.state.apiKey !== undefined) ctx.body = await usageToday(kw, ctx.state.apiKey);
  });
  app.use(router.routes());

  // Unknown paths require a key too, so that the API cannot be mapped without one.
  app.use(keyward(kw));
  app.use((ctx) => {
    ctx.status = 404;
    ctx.body = { error: "There is nothing here." };
  });
  return app;
}
