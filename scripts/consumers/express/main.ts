import { mkdtempSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKeyward, type ApiKey } from "@keyward/core";
import { keyward, type ExpressMiddlewareOptions } from "@keyward/express";
import { openStore } from "@keyward/sql";
import express, { type Request, type Response } from "express";

async function main(): Promise<void> {
  const store = await openStore(
    `sqlite:${join(mkdtempSync(join(tmpdir(), "keyward-consumer-")), "keys.db")}`,
  );
  const kw = createKeyward({
    secret: "a secret for tests, and for nothing else",
    store,
    requireHttps: { allowLoopback: true },
  });
  const app = express();
  const options = {
    scopes: ["read"],
    cost: (request) => request.url.length,
  } satisfies ExpressMiddlewareOptions;
  app.get("/hello", keyward(kw, options), (request: Request, response: Response) => {
    const key: ApiKey | undefined = request.apiKey;
    response.json({ hello: key?.name });
  });
  const { secret } = await kw.keys.create({ name: "consumer", scopes: ["read"] });
  const server = app.listen(0, "127.0.0.1", async () => {
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
