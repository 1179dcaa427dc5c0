import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { acceptUpgrade, routeUpgrades } from "@keyward/core/upgrades";
import { generate } from "selfsigned";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

const upgradeOf = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n`;
const UPGRADE = upgradeOf("/");
const REQUEST = "GET /first HTTP/1.1\r\nHost: a\r\n\r\n";
const SWITCH = "HTTP/1.1 101 Switching Protocols\r\n\r\n";

let certificate: { cert: string; key: string };
beforeAll(async () => {
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
  });
  certificate = { cert, key };
});

/** The TCP socket below each TLS socket, which alone can be reset. */
const tcpSockets = new WeakMap<Socket, Socket>();

function reset(socket: Socket): void {
  socket.on("error", () => {});
  (tcpSockets.get(socket) ?? socket).resetAndDestroy();
}

async function read(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

/** The number of open connections of the server. */
const connectionsOf = (server: Server) =>
  new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

describe.each(["plain", "TLS"] as const)("over a %s socket", (kind) => {
  async function listen(listener: RequestListener): Promise<{ server: Server; dial: () => Promise<Socket> }> {
    const server = kind === "TLS" ? createTlsServer(certificate, listener) : createServer(listener);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    const dial = async () => {
      const tcp = connect(port, "127.0.0.1");
      const socket = kind === "TLS" ? connectTls({ socket: tcp, rejectUnauthorized: false }) : tcp;
      if (socket !== tcp) tcpSockets.set(socket, tcp);
      await once(socket, kind === "TLS" ? "secureConnect" : "connect");
      onTestFinished(() => void socket.destroy());
      return socket;
    };
    return { server, dial };
  }

  async function serve(listener: RequestListener, options?: Parameters<typeof routeUpgrades>[1]) {
    const listening = await listen(listener);
    routeUpgrades(listening.server, options);
    return listening;
  }

  it("survives a client that disconnects before the response", async () => {
    const { dial } = await serve((_request, response) => void setTimeout(() => response.end("late"), 30));
    for (let times = 0; times < 3; times += 1) {
      const socket = await dial();
      await new Promise((written) => socket.write(UPGRADE, written));
      await sleep(10);
      reset(socket);
      await sleep(40);
    }
    const socket = await dial();
    socket.write(UPGRADE);
    expect(await read(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*late/);
  });

  it("lets a route accept an upgrade once, with the bytes that follow the request", async () => {
    const taken: unknown[] = [];
    const { dial } = await serve((request) => {
      const upgrade = acceptUpgrade(request);
      taken.push(upgrade?.head.toString(), acceptUpgrade(request));
      upgrade?.socket.end(`${SWITCH}after`);
    });
    const socket = await dial();
    socket.write(`${UPGRADE}before`);
    expect(await read(socket)).toMatch(/^HTTP\/1\.1 101 [^]*after$/);
    expect(taken).toEqual(["before", undefined]);
  });

  it("has nothing to accept for an ordinary request", async () => {
    const { dial } = await serve((request, response) => void response.end(String(acceptUpgrade(request))));
    const socket = await dial();
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(await read(socket)).toMatch(/undefined/);
  });

  it("handles an upgrade after the requests that were pipelined before it", async () => {
    const { dial } = await serve(
      ({ url }, response) => void setTimeout(() => response.end(`for ${url}`), url === "/first" ? 50 : 5),
    );
    const socket = await dial();
    socket.write(REQUEST + REQUEST.replace("first", "second") + upgradeOf("/live"));
    expect((await read(socket)).match(/for \S+?(?=HTTP|$)/g)).toEqual([
      "for /first",
      "for /second",
      "for /live",
    ]);
  });

  it("handles an upgrade sent while an earlier request is pending", async () => {
    const { dial } = await serve(
      ({ url }, response) => void setTimeout(() => response.end(`for ${url}`), 50),
    );
    const socket = await dial();
    socket.write(REQUEST);
    await sleep(20);
    socket.write(upgradeOf("/live"));
    expect((await read(socket)).match(/for \S+?(?=HTTP|$)/g)).toEqual(["for /first", "for /live"]);
  });

  it("lets a route accept an upgrade pipelined behind an unanswered request", async () => {
    const { dial } = await serve((request, response) => {
      const upgrade = acceptUpgrade(request);
      if (upgrade === undefined) setTimeout(() => response.end("first"), 20);
      else upgrade.socket.end(`${SWITCH}accepted`);
    });
    const socket = await dial();
    socket.write(REQUEST + UPGRADE);
    expect(await read(socket)).toMatch(/^HTTP\/1\.1 200 OK[^]*firstHTTP\/1\.1 101 [^]*accepted$/);
  });

  it("survives a client that leaves while its pipelined upgrade waits", async () => {
    const { server, dial } = await serve(
      (_request, response) => void setTimeout(() => response.end("late"), 30),
    );
    const socket = await dial();
    await new Promise((written) => socket.write(REQUEST + UPGRADE, written));
    await sleep(10);
    reset(socket);
    await expect.poll(() => connectionsOf(server)).toBe(0);
  });

  it("closes the connection of a refused upgrade, even if the client keeps its end open", async () => {
    const { server, dial } = await serve((_request, response) => void response.writeHead(401).end("refused"));
    const sockets = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = await dial();
        socket.allowHalfOpen = true;
        socket.write(UPGRADE);
        return socket;
      }),
    );
    const answers = await Promise.all(sockets.map(async (socket) => String((await once(socket, "data"))[0])));
    expect(answers.filter((answer) => answer.startsWith("HTTP/1.1 401 "))).toHaveLength(20);
    await expect.poll(() => connectionsOf(server)).toBe(0);
  });

  it("delivers a long refusal in full before it closes the connection", async () => {
    const body = "x".repeat(3_000_000);
    const { dial } = await serve((_request, response) => void response.writeHead(401).end(body));
    const socket = await dial();
    socket.write(UPGRADE);
    expect((await read(socket)).includes(body)).toBe(true);
  });

  it("ends the response of a refused upgrade with its close event", async () => {
    let closed: Promise<unknown> | undefined;
    const { dial } = await serve((_request, response) => {
      closed = once(response, "close");
      response.end("refused");
    });
    const socket = await dial();
    socket.write(UPGRADE);
    await read(socket);
    expect(await closed).toEqual([]);
  });

  describe.each(["before", "after"] as const)("with another upgrade listener added %s it", (order) => {
    async function serveWith(
      other: (socket: Socket, url: string | undefined) => void,
      options?: Parameters<typeof routeUpgrades>[1],
    ) {
      const { server, dial } = await listen(({ url }, response) => void response.end(`application ${url}`));
      if (order === "after") routeUpgrades(server, options);
      server.on("upgrade", ({ url }, socket) => {
        // Some libraries do this for every upgrade, also for those that are not theirs.
        socket.on("error", () => {});
        other(socket as Socket, url);
      });
      if (order === "before") routeUpgrades(server, options);
      return async (path: string) => {
        const socket = await dial();
        socket.write(upgradeOf(path));
        return read(socket);
      };
    }

    it.each<[string, (socket: Socket) => void]>([
      ["ends", (socket) => socket.end(`${SWITCH}other`)],
      [
        "reads",
        (socket) => socket.on("data", () => {}) && setTimeout(() => socket.end(`${SWITCH}other`), 20),
      ],
      ["writes", (socket) => socket.write(SWITCH) && setTimeout(() => socket.end("other"), 20)],
      ["pauses", (socket) => socket.pause() && setTimeout(() => socket.end(`${SWITCH}other`), 20)],
    ])("leaves it the sockets that it %s", async (_how, take) => {
      const ask = await serveWith((socket, url) => void (url === "/other" && take(socket)));
      expect(await ask("/other")).toBe(`${SWITCH}other`);
      expect(await ask("/live")).toMatch(/^HTTP\/1\.1 200 OK[^]*application \/live$/);
    });

    it("leaves it the sockets outside the given paths, even if it decides later", async () => {
      const ask = await serveWith(
        (socket, url) => void (url === "/other" && setTimeout(() => socket.end(`${SWITCH}other`), 20)),
        { paths: ["/live"] },
      );
      expect(await ask("/other")).toBe(`${SWITCH}other`);
      for (const path of ["/live", "/live/1", "/live?a=b"]) {
        expect(await ask(path)).toMatch(/^HTTP\/1\.1 200 OK[^]*application \/live/);
      }
    });
  });

  it("closes connections outside the given paths when no other listener exists", async () => {
    const { dial } = await serve((_request, response) => void response.end("application"), {
      paths: ["/live"],
    });
    for (const path of ["/", "/lively", "/other"]) {
      const socket = await dial();
      socket.write(upgradeOf(path));
      expect(await read(socket)).toBe("");
    }
  });
});

it("rejects paths that are not paths", () => {
  for (const paths of ["/live", ["live"], [], [7], null]) {
    expect(() => routeUpgrades(createServer(), { paths: paths as string[] })).toThrow(
      expect.objectContaining({ code: "invalid-option" }),
    );
  }
});
