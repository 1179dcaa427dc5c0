import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createKeyward } from "@keyward/core";
import { acceptUpgrade, routeUpgrades } from "@keyward/core/upgrades";
import { keyward } from "@keyward/koa";
import Koa3 from "koa";
import Koa2 from "koa2";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

it.each([
  ["Koa 3", Koa3],
  ["Koa 2", Koa2],
])("admits and refuses WebSockets in %s", async (_name, Koa) => {
  const kw = createKeyward({ requireHttps: { allowLoopback: true } });
  const app = new Koa();
  const sockets = new WebSocketServer({ noServer: true });
  app.use(keyward(kw, { cost: 5 }));
  app.use((ctx) => {
    const upgrade = acceptUpgrade(ctx.req);
    if (upgrade === undefined) {
      ctx.status = 426;
      return;
    }
    ctx.respond = false;
    sockets.once("headers", (lines) => lines.push(...upgrade.headers));
    sockets.handleUpgrade(ctx.req, upgrade.socket, upgrade.head, (socket) =>
      socket.on("message", (message) => socket.send(`${ctx.state.apiKey?.name}: ${String(message)}`)),
    );
  });
  const server = createServer(app.callback());
  routeUpgrades(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const key = (await kw.keys.create({ name: "listener" })).secret.reveal();
  const socket = new WebSocket(url, { headers: { "x-api-key": key } });
  const [[response]] = await Promise.all([once(socket, "upgrade"), once(socket, "open")]);
  expect((response as IncomingMessage).headers["ratelimit"]).toMatch(/"daily";r=1995/);
  socket.send("hello");
  expect(String((await once(socket, "message"))[0])).toBe("listener: hello");
  socket.terminate();

  const [, refused] = (await once(new WebSocket(url), "unexpected-response")) as [unknown, IncomingMessage];
  expect([refused.statusCode, refused.headers["connection"]]).toEqual([401, "close"]);
  refused.resume();
});
