import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createConsole, passwordSignIn } from "@keyward/console";
import { createKeyward } from "@keyward/core";
import { startNginx } from "@keyward/test-servers";
import express from "express";
import { describe, expect, it, onTestFinished } from "vitest";
import { certificate, PASSWORD } from "../console-server.ts";
import { createKey, signIn, withBrowser } from "./set-up.ts";

const { open } = withBrowser();

describe("the page behind a proxy that changes Host", { timeout: 60_000 }, () => {
  it("signs in and creates a key", async () => {
    const kw = createKeyward();
    onTestFinished(() => kw.close());
    const app = express();
    app.set("trust proxy", "loopback");
    app.use(createConsole(kw, { authorize: passwordSignIn({ password: PASSWORD }) }).listener);
    const hosts = new Set<string | undefined>();
    const server = createServer((request, response) => {
      hosts.add(request.headers.host);
      (app as RequestListener)(request, response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { cert, private: key } = await certificate;
    const nginx = await startNginx({
      appPort: port,
      certificate: { cert, key },
      location: `location / {
        proxy_pass http://127.0.0.1:${port};
        proxy_set_header Host internal.example;
        proxy_set_header X-Forwarded-Proto $scheme;
      }`,
    });
    onTestFinished(() => nginx.stop());

    const { page } = await open();
    await signIn(page, `https://localhost:${nginx.httpsPort}/admin/keys`);
    await createKey(page, "billing");
    expect((await kw.keys.list()).keys.map(({ name }) => name)).toEqual(["billing"]);
    expect([...hosts]).toEqual(["internal.example"]);
  });
});
