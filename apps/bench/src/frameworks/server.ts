/** Serves the same route bare, behind Keyward and behind a peer, and tells its ports and key to its parent. */
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createKeyward } from "@keyward/core";
import { generate } from "selfsigned";
import { HUGE, type CreateApps } from "./apps.ts";
import { createExpressApps } from "./express.ts";
import { createKoaApps } from "./koa.ts";
import { createNestExpressApps, createNestFastifyApps } from "./nestjs.ts";

const frameworks: Readonly<Record<string, CreateApps>> = {
  express: createExpressApps,
  koa: createKoaApps,
  "nest-express": createNestExpressApps,
  "nest-fastify": createNestFastifyApps,
};

const kw = createKeyward({ plans: { default: { rate: 0.4 * HUGE, burst: HUGE, daily: HUGE } } });
const { secret } = await kw.keys.create({ name: "bench" });
const apps = await (frameworks[process.argv[2] as string] as CreateApps)(kw, secret.reveal());

const { cert, private: privateKey } = await generate([{ name: "commonName", value: "localhost" }], {
  keyType: "ec",
  algorithm: "sha256",
});

async function listen(app: RequestListener): Promise<number> {
  const server = createServer({ cert, key: privateKey }, app).listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const ports: Record<string, number> = {};
for (const [name, app] of Object.entries(apps)) ports[name] = await listen(app as RequestListener);
process.send?.({ ports, key: secret.reveal() });

// Asked between two loads: how long it has been busy.
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 });
});
