import type { Console } from "@keyward/console";
import type { Keyward } from "@keyward/core";
import { keyward, me } from "@keyward/express";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Environment } from "./setup/environment.ts";
import { usageToday } from "./usage-today.ts";

export interface ExpressApiOptions {
  readonly kwConsole?: Console;
  readonly trustProxy?: Environment["trustProxy"];
}

/** The sample API. Each route says what it asks of the caller's key. */
export function createApp(kw: Keyward, { kwConsole, trustProxy }: ExpressApiOptions = {}): Express {
  const app = express();
  app.disable("x-powered-by");
  // Trusted proxies. By default no X-Forwarded-… header is trusted: otherwise any client could claim HTTPS.
  if (trustProxy !== undefined) app.set("trust proxy", trustProxy);

  // Handles /admin and the paths below it, and passes on all other requests.
  if (kwConsole !== undefined) app.use(kwConsole.listener);

  // True if it works, and whether it may be sent requests: the same here, since it stops listening before it ends.
  app.get(["/healthz", "/readyz"], async (_request, response) => {
    // The endpoint is public: the store and Redis are asked at most once a second.
    const health = await kw.health({ maxAgeMs: 1000 });
    // Without Redis it uses local limits: degraded, but serving.
    response.status(health.status === "failing" ? 503 : 200).json(health);
  });

  // Any valid key will do.
  app.get("/v1/hello", keyward(kw), (request, response) => {
    response.json({ hello: request.apiKey?.name });
  });

  // Needs a scope, and costs as much as ten other requests.
  app.post("/v1/reports", keyward(kw, { scopes: ["reports:write"], cost: 10 }), (_request, response) => {
    response.status(201).json({ report: "made" });
  });

  // Counts in no quota, so that a customer who has used up one can still ask.
  app.get("/v1/me", me(kw));

  app.get("/v1/usage", keyward(kw), async (request, response) => {
    if (request.apiKey !== undefined) response.json(await usageToday(kw, request.apiKey));
  });

  // Unknown paths require a key too, so that the API cannot be mapped without one.
  app.use(keyward(kw), (_request, response) => {
    response.status(404).json({ error: "There is nothing here." });
  });

  app.use((error: Error, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    // Express and its parsers mark mistakes of clients, such as a malformed path.
    const { status = 500 } = error as { status?: number };
    if (status >= 500) console.error(error);
    response
      .status(status)
      .json({ error: status < 500 ? "The request is malformed." : "Something went wrong." });
  });
  return app;
}
