import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import { createKeyward, type Keyward } from "@keyward/core";
import { acceptUpgrade, routeUpgrades } from "@keyward/core/upgrades";
import { keyward } from "@keyward/express";
import { testCertificate } from "@keyward/testkit";
import express from "express";
import { Server as SocketIoServer } from "socket.io";
import { io } from "socket.io-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

let kw: Keyward;
let ca: string;
let port: number;
let server: Server;
let close: () => Promise<void>;

beforeEach(async () => {
  const certificate = await testCertificate();
  ca = certificate.cert;
  kw = createKeyward({ secret: "a secret for tests, and for nothing else" });
  const app = express();
  const sockets = new WebSocketServer({ noServer: true });
  app.use(express.json());
  app.get("/live", keyward(kw, { scopes: ["live"], cost: 5 }), (request, response) => {
    const upgrade = acceptUpgrade(request);
    if (upgrade === undefined) {
      response.sendStatus(426);
      return;
    }
    sockets.once("headers", (lines) => lines.push(...upgrade.headers));
    sockets.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => {
      socket.on("message", (message) => socket.send(`${request.apiKey?.name}: ${String(message)}`));
    });
  });
  app.get("/events", keyward(kw), (request, response) => {
    response.setHeader("Content-Type", "text/event-stream");
    for (const tick of [1, 2, 3]) response.write(`data: ${request.apiKey?.name} ${tick}\n\n`);
    response.end();
  });
  server = createServer(certificate, app);
  routeUpgrades(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
  close = async () => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
    await once(server, "close");
    await kw.close();
  };
});

afterEach(() => close());

const keyWith = async (...scopes: string[]) =>
  (await kw.keys.create({ name: "listener", scopes })).secret.reveal();

/** Opens a WebSocket; gives it, or what it was answered instead. */
async function dial(path: string, key?: string) {
  const socket = new WebSocket(`wss://127.0.0.1:${port}${path}`, {
    ca,
    headers: key === undefined ? {} : { "x-api-key": key },
  });
  return new Promise<{ socket?: WebSocket; status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      socket.once("error", reject);
      let headers = {};
      socket.once("upgrade", (response) => (headers = response.headers));
      socket.once("open", () => resolve({ socket, status: 101, headers, body: "" }));
      socket.once("unexpected-response", (_request, response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.once("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      });
    },
  );
}

describe("WebSockets", () => {
  it("are admitted by the route's middleware, and get the remaining requests", async () => {
    const { socket, headers } = await dial("/live", await keyWith("live"));
    expect(headers["ratelimit"]).toMatch(/"daily";r=1995/);
    socket?.send("hello");
    const [message] = (await once(socket as WebSocket, "message")) as [Buffer];
    expect(message.toString()).toBe("listener: hello");
  });

  it("are refused like any other request, and the connection is closed", async () => {
    const missing = await dial("/live");
    expect([missing.status, missing.headers["content-type"], missing.headers["connection"]]).toEqual([
      401,
      "application/problem+json",
      "close",
    ]);
    expect(JSON.parse(missing.body)).toMatchObject({ code: "missing-api-key" });
    expect((await dial("/live", await keyWith())).status).toBe(403);
    expect((await dial("/nowhere", await keyWith("live"))).status).toBe(404);
  });

  it("cost nothing where they are refused", async () => {
    const key = await keyWith();
    await dial("/live", key);
    expect((await dial("/events", key)).headers["ratelimit"]).toMatch(/"daily";r=1999/);
  });

  it("with a body get 400 immediately", async () => {
    const socket = connect({ port, host: "127.0.0.1", ca, servername: "localhost" });
    socket.write(
      "GET /live HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\n",
    );
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 400 /);
    await once(socket, "close");
  });
});

describe("Socket.IO on the same server", () => {
  it.each(["websocket", "polling"])("keeps its connections, started with %s", async (transport) => {
    const socketIo = new SocketIoServer(server);
    socketIo.on("connection", (socket) =>
      socket.on("ping", (reply: (text: string) => void) => reply("pong")),
    );
    const client = io(`https://127.0.0.1:${port}`, {
      transports: [transport, "websocket"],
      ca,
      forceNew: true,
    });
    await new Promise<void>((resolve) => client.once("connect", resolve));
    if (client.io.engine.transport.name === "polling")
      await new Promise((resolve) => client.io.engine.once("upgrade", resolve));
    expect(client.io.engine.transport.name).toBe("websocket");
    expect(await client.emitWithAck("ping")).toBe("pong");

    expect((await dial("/live")).status).toBe(401);
    const { socket } = await dial("/live", await keyWith("live"));
    socket?.send("hello");
    expect(String((await once(socket as WebSocket, "message"))[0])).toBe("listener: hello");
    client.disconnect();
    socketIo.engine.close();
  });
});

describe("Server-Sent Events", () => {
  it("are admitted as the request that they are, counted once, however long they last", async () => {
    const key = await keyWith();
    const { headers, body } = await dial("/events", key);
    expect(headers["ratelimit"]).toMatch(/"daily";r=1999/);
    expect(body.match(/data: listener \d/g)).toHaveLength(3);
    expect((await dial("/events")).status).toBe(401);
  });
});
