import { ServerResponse, type IncomingMessage, type Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";

/** An upgrade that the application has accepted, for a WebSocket server to go on with. */
export interface AcceptedUpgrade {
  readonly socket: Duplex;
  /** What the client has sent already, after its headers. */
  readonly head: Buffer;
  /** The header lines that were set on the response, such as `RateLimit: …`, to be sent with the 101. */
  readonly headers: readonly string[];
}

interface Waiting {
  readonly head: Buffer;
  readonly response: ServerResponse;
}

const waiting = new WeakMap<IncomingMessage, Waiting>();

/**
 * Has upgrade requests (WebSockets) go through the application like any other request: its middleware, its proxy
 * settings, its routes, its refusals. Without this Node takes them past the application. A route takes one with
 * {@link acceptUpgrade}; one that no route takes gets the application's answer, and its connection is closed.
 *
 * @example
 * ```ts
 * routeUpgrades(server);
 * app.get("/live", keyward(kw), (request, response) => {
 *   const upgrade = acceptUpgrade(request);
 *   if (upgrade === undefined) return response.sendStatus(426);
 *   sockets.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => greet(socket, request.apiKey));
 * });
 * ```
 */
export function routeUpgrades(server: HttpServer | HttpsServer): void {
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node no longer listens for this socket's errors, and an error that nobody hears ends the process.
    socket.on("error", () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(request.socket);
    response.once("finish", () => {
      response.detachSocket(request.socket);
      socket.end();
    });
    if (announcesBody(request)) {
      // Its body would be read as what follows the upgrade, and whoever waits for it would wait for ever.
      response.writeHead(400).end();
      return;
    }
    waiting.set(request, { head, response });
    server.emit("request", request, response);
  });
}

/**
 * Takes an upgrade request over from the application, which must not answer it any more. `undefined` if the
 * request asks for no upgrade, or has been answered or taken already.
 */
export function acceptUpgrade(request: IncomingMessage): AcceptedUpgrade | undefined {
  const found = waiting.get(request);
  waiting.delete(request);
  if (found === undefined || found.response.headersSent) return undefined;
  const { head, response } = found;
  const headers = Object.entries(response.getHeaders()).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${String(each)}`),
  );
  response.detachSocket(request.socket);
  return { socket: request.socket, head, headers };
}

function announcesBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
