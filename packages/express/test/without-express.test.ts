import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, request as requestTls } from "node:https";
import type { AddressInfo } from "node:net";
import { createKeyward, type KeywardOptions } from "@keyward/core";
import { keyward } from "@keyward/express";
import { testCertificate } from "@keyward/testkit";
import connect from "connect";
import polka from "polka";
import { Server as SocketIoServer } from "socket.io";
import { io } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";

interface Routed extends IncomingMessage {
  apiKey?: { name: string };
}

async function setUp(options: KeywardOptions = {}) {
  const kw = createKeyward({ requireHttps: { allowLoopback: true }, ...options });
  const { key, secret } = await kw.keys.create({ name: "billing", scopes: ["read"] });
  return { kw, key, raw: secret.reveal() };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

type Middleware = ReturnType<typeof keyward>;

/** Applications of frameworks whose middleware has Express's signature, with two mounts and a route. */
const FRAMEWORKS: readonly [string, (...mounts: readonly Middleware[]) => RequestListener][] = [
  [
    "connect",
    (...mounts) => {
      const app = connect();
      for (const mount of mounts) app.use(mount as never);
      app.use((request: Routed, response) => void response.end(request.apiKey?.name));
      return app;
    },
  ],
  [
    "polka",
    (...mounts) => {
      const app = polka();
      for (const mount of mounts) app.use(mount as never);
      app.get("/", (request, response) => void response.end((request as Routed).apiKey?.name));
      return app.handler as RequestListener;
    },
  ],
];

describe.each(FRAMEWORKS)("in %s", (_name, application) => {
  it("admits and refuses requests, and counts one once where it is mounted twice", async () => {
    const { kw, key, raw } = await setUp();
    const url = await listen(createServer(application(keyward(kw), keyward(kw, { scopes: ["read"] }))));
    const admitted = await fetch(url, { headers: { "x-api-key": raw } });
    expect([admitted.status, await admitted.text()]).toEqual([200, "billing"]);
    expect(admitted.headers.get("ratelimit")).toMatch(/"daily";r=1999/);
    expect((await kw.quota(key)).remaining["daily"]).toBe(1999);
    const refused = await fetch(url);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      401,
      "missing-api-key",
    ]);
  });

  it("takes TLS from the socket, and believes no header", async () => {
    const { kw, raw } = await setUp({ requireHttps: true });
    const listener = application(keyward(kw));
    const headers = { "x-api-key": raw, "x-forwarded-proto": "https" };
    expect((await fetch(await listen(createServer(listener)), { headers })).status).toBe(403);
    const certificate = await testCertificate();
    const url = await listen(createTlsServer(certificate, listener));
    const request = requestTls(url.replace("http:", "https:"), { ca: certificate.cert, headers }).end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.resume();
  });
});

it("admits and refuses connections of Socket.IO as a middleware of its engine", async () => {
  const { kw, raw } = await setUp();
  const server = createServer();
  const socketIo = new SocketIoServer(server);
  socketIo.engine.use(keyward(kw));
  const url = await listen(server);
  for (const transport of ["polling", "websocket"]) {
    const dial = (headers: Record<string, string>) =>
      io(url, { transports: [transport], extraHeaders: headers, reconnection: false, forceNew: true });
    const admitted = dial({ "x-api-key": raw });
    await new Promise<void>((resolve) => admitted.once("connect", resolve));
    admitted.disconnect();
    const refused = dial({});
    await new Promise<unknown>((resolve) => refused.once("connect_error", resolve));
    expect(refused.connected).toBe(false);
  }
  await socketIo.close();
});
