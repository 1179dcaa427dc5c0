import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { acceptUpgrade, routeUpgrades } from "@keyward/core";
import { expect, it, onTestFinished } from "vitest";

const UPGRADE = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

/** Serves on plain HTTP: the sockets of a TLS server have somebody to hear of their errors. */
async function serve(listener: RequestListener): Promise<() => Promise<Socket>> {
  const server = createServer(listener);
  routeUpgrades(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return async () => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  };
}

async function read(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

it("a client that is gone before it is answered harms nobody", async () => {
  const dial = await serve((_request, response) => void setTimeout(() => response.end("late"), 30));
  for (let times = 0; times < 3; times += 1) {
    const socket = await dial();
    await new Promise((written) => socket.write(UPGRADE, written));
    await sleep(10);
    socket.resetAndDestroy();
    await sleep(40);
  }
  const socket = await dial();
  socket.write(UPGRADE);
  expect(await read(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*late/);
});

it("an upgrade is taken once, with what the client has sent already", async () => {
  const taken: unknown[] = [];
  const dial = await serve((request) => {
    const upgrade = acceptUpgrade(request);
    taken.push(upgrade?.head.toString(), acceptUpgrade(request));
    upgrade?.socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\nafter");
  });
  const socket = await dial();
  socket.write(`${UPGRADE}before`);
  expect(await read(socket)).toMatch(/^HTTP\/1\.1 101 [^]*after$/);
  expect(taken).toEqual(["before", undefined]);
});

it("a request that asks for no upgrade has none to take", async () => {
  const dial = await serve((request, response) => void response.end(String(acceptUpgrade(request))));
  const socket = await dial();
  socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect(await read(socket)).toMatch(/undefined/);
});
