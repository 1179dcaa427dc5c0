import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createKeyward, type ApiKey } from "@keyward/core";
import { redisLimiter } from "@keyward/core/redis";
import { keyward } from "@keyward/koa";
import Koa from "koa";

async function main(): Promise<void> {
  const kw = createKeyward({ requireHttps: { allowLoopback: true } });
  const app = new Koa();
  app.use(keyward(kw, { scopes: ["read"], cost: (ctx) => ctx.path.length }));
  app.use((ctx) => {
    const key: ApiKey | undefined = ctx.state.apiKey;
    ctx.body = { hello: key?.name, redis: typeof redisLimiter };
  });
  const { secret } = await kw.keys.create({ name: "consumer", scopes: ["read"] });
  const server = createServer(app.callback()).listen(0, "127.0.0.1", async () => {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/hello`, {
      headers: { "x-api-key": secret.reveal() },
    });
    console.log(response.status, JSON.stringify(await response.json()));
    server.close();
    await kw.close();
  });
}

void main();
