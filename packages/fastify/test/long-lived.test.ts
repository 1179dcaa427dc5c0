import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createKeyward } from "@keyward/core";
import { acceptUpgrade, routeUpgrades } from "@keyward/core/upgrades";
import { keyward } from "@keyward/fastify";
import Fastify from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

it("admits and refuses WebSockets", async () => {
  const kw = createKeyward({ requireHttps: { allowLoopback: true } });
  const app = Fastify();
  const sockets = new WebSocketServer({ noServer: true });
  await app.register(keyward, { kw });
  app.get("/live", { config: { keyward: { cost: 5 } } }, (request, reply) => {
    const upgrade = acceptUpgrade(request.raw);
    if (upgrade === undefined) return reply.status(426).send();
    reply.hijack();
    sockets.handleUpgrade(request.raw, upgrade.socket, upgrade.head, (socket) =>
      socket.on("message", (message) => socket.send(`${request.apiKey?.name}: ${String(message)}`)),
    );
    return undefined;
  });
  routeUpgrades(app.server);
  const url = (await app.listen({ host: "127.0.0.1", port: 0 })).replace("http", "ws");
  onTestFinished(() => app.close());

  const { key, secret } = await kw.keys.create({ name: "listener" });
  const socket = new WebSocket(`${url}/live`, { headers: { "x-api-key": secret.reveal() } });
  await once(socket, "open");
  socket.send("hello");
  expect(String((await once(socket, "message"))[0])).toBe("listener: hello");
  expect((await kw.quota(key)).remaining["daily"]).toBe(1995);
  socket.terminate();

  for (const [path, status] of [
    ["/live", 401],
    ["/nowhere", 401],
  ] as const) {
    const [, refused] = (await once(new WebSocket(url + path), "unexpected-response")) as [
      unknown,
      IncomingMessage,
    ];
    expect([refused.statusCode, refused.headers["connection"]]).toEqual([status, "close"]);
    refused.resume();
  }
});
