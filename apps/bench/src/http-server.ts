/** Serves the same route bare and behind Keyward, and tells its ports and key to its parent. */
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createKeyward } from "@keyward/core";
import { keyward } from "@keyward/express";
import express, { type Express, type RequestHandler } from "express";
import { generate } from "selfsigned";

const HUGE = 1_000_000_000;

const kw = createKeyward({ plans: { default: { rate: 0.4 * HUGE, burst: HUGE, daily: HUGE } } });
const { secret } = await kw.keys.create({ name: "bench" });
const hello: RequestHandler = (_request, response) => {
  response.json({ hello: "bench" });
};

// An application each, so that neither has to pass by the other's route.
const bare = express().get("/v1/hello", hello);
const guarded = express().get("/v1/hello", keyward(kw), hello);
// The header fields that every answer must carry, as constants: what they cost whoever writes them.
const fields: RequestHandler = (_request, response, next) => {
  response.setHeader(
    "RateLimit-Policy",
    '"sustained";q=1000000000;w=1, "burst";q=1000000000;w=1, "daily";q=1000000000;w=86400',
  );
  response.setHeader(
    "RateLimit",
    '"sustained";r=999999999;t=1, "burst";r=999999999;t=1, "daily";r=999999999;t=40000',
  );
  next();
};
const labelled = express().get("/v1/hello", fields, hello);

const { cert, private: privateKey } = await generate([{ name: "commonName", value: "localhost" }], {
  keyType: "ec",
  algorithm: "sha256",
});

async function listen(app: Express): Promise<number> {
  const server = createServer({ cert, key: privateKey }, app).listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

process.send?.({
  ports: { bare: await listen(bare), labelled: await listen(labelled), guarded: await listen(guarded) },
  key: secret.reveal(),
});
// Asked between two loads: how long it has been busy.
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 });
});
