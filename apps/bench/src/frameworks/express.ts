import { keyward } from "@keyward/express";
import express, { type RequestHandler } from "express";
import { rateLimit } from "express-rate-limit";
import { doTheLeast, HUGE, WINDOWS, type CreateApps } from "./apps.ts";
import { PeerKeys } from "./peer-keys.ts";

const hello: RequestHandler = (_request, response) => {
  response.json({ hello: "bench" });
};

const least: RequestHandler = (request, response, next) => {
  doTheLeast(request.headers["x-api-key"], (name, value) => response.setHeader(name, value));
  next();
};

function peer(key: string): RequestHandler[] {
  const keys = new PeerKeys(key);
  const lookUp: RequestHandler = (request, response, next) => {
    const id = keys.idOf(request.headers["x-api-key"]);
    if (id === undefined) {
      response.status(401).end();
      return;
    }
    response.locals["keyId"] = id;
    next();
  };
  const limits = Object.entries(WINDOWS).map(([identifier, windowMs]) =>
    rateLimit({
      windowMs,
      limit: HUGE,
      identifier,
      standardHeaders: "draft-8",
      legacyHeaders: false,
      keyGenerator: (_request, response) => response.locals["keyId"] as string,
    }),
  );
  return [lookUp, ...limits];
}

export const createExpressApps: CreateApps = async (kw, key) => ({
  bare: express().get("/v1/hello", hello),
  least: express().get("/v1/hello", least, hello),
  guarded: express().get("/v1/hello", keyward(kw), hello),
  peer: express().get("/v1/hello", ...peer(key), hello),
});
