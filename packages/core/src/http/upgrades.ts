import { ServerResponse, type IncomingMessage, type Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { rejectOption } from "../option-error.ts";

/** Selects the upgrade requests that {@link routeUpgrades} sends through the application. */
export interface RouteUpgradesOptions {
  /**
   * Paths such as `/live`, each with everything below it. Default: every upgrade request that no other `upgrade`
   * listener of the server takes. Needed only with another listener that takes sockets later than in the event itself, such as a proxy.
   */
  readonly paths?: readonly string[] | undefined;
}

/** An upgrade that the application has accepted, ready for a WebSocket server. */
export interface AcceptedUpgrade {
  readonly socket: Duplex;
  /** The bytes that the client has already sent after its headers. */
  readonly head: Buffer;
  /** The header lines that were set on the response, such as `RateLimit: …`, to be sent with the 101. */
  readonly headers: readonly string[];
}

interface PendingUpgrade {
  readonly head: Buffer;
  readonly response: ServerResponse;
}

const pending = new WeakMap<IncomingMessage, PendingUpgrade>();

/**
 * Sends upgrade requests (WebSockets) through the application like any other request: its middleware, proxy settings,
 * routes and refusals. Without this, Node does not pass them to the application. A route accepts an upgrade with
 * {@link acceptUpgrade}. Otherwise the client gets the application's response, and its connection is closed.
 *
 * Other `upgrade` listeners of the server, such as Socket.IO, keep the sockets that they take.
 *
 * @throws KeywardError `invalid-option`
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
export function routeUpgrades(server: HttpServer | HttpsServer, options: RouteUpgradesOptions = {}): void {
  const paths = checkPaths(options.paths);
  // First of all listeners, so that what the others do to the socket can be seen.
  server.prependListener("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node no longer listens for errors of this socket, and an error without a listener ends the process.
    socket.on("error", () => socket.destroy());
    if (paths !== undefined && !isBelow(paths, request.url ?? "")) {
      if (server.listenerCount("upgrade") === 1) socket.destroy();
      return;
    }
    const bytesWritten = responseOn(request.socket) === undefined ? request.socket.bytesWritten : undefined;
    process.nextTick(() => {
      const wroteMeanwhile = bytesWritten !== undefined && request.socket.bytesWritten !== bytesWritten;
      if (wroteMeanwhile || isTaken(socket)) return;
      whenAnswered(request.socket, () => {
        if (!isTaken(socket)) routeUpgrade(server, request, head);
      });
    });
  });
}

/**
 * Takes an upgrade request over from the application, which must not respond to it any more. `undefined` if the
 * request is not an upgrade request, or already has a response or was accepted.
 */
export function acceptUpgrade(request: IncomingMessage): AcceptedUpgrade | undefined {
  const found = pending.get(request);
  pending.delete(request);
  if (found === undefined || found.response.headersSent) return undefined;
  const { head, response } = found;
  const headers = Object.entries(response.getHeaders()).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${String(each)}`),
  );
  response.detachSocket(request.socket);
  // The response is done when the connection is: costs are settled then.
  request.socket.once("close", () => response.emit("close"));
  return { socket: request.socket, head, headers };
}

/** Emits the request to the application, with a response that closes the connection when it is finished. */
function routeUpgrade(server: HttpServer | HttpsServer, request: IncomingMessage, head: Buffer): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(request.socket);
  // Ending the writing side alone would hold the socket for as long as the client likes.
  response.once("finish", () => request.socket.destroySoon());
  if (announcesBody(request)) {
    // Its body would be read as what follows the upgrade, and an application that waits for it would never respond.
    response.writeHead(400).end();
    return;
  }
  pending.set(request, { head, response });
  server.emit("request", request, response);
}

/**
 * The response that currently writes to a socket: clients may send an upgrade request before earlier requests have a response. Node has no public name for it.
 */
function responseOn(socket: Socket): ServerResponse | undefined {
  const { _httpMessage: response } = socket as Socket & { _httpMessage?: ServerResponse | null };
  return response ?? undefined;
}

/** Runs `next` when earlier requests have a response; never, if the connection is closed earlier. */
function whenAnswered(socket: Socket, next: () => void): void {
  const earlier = responseOn(socket);
  if (earlier === undefined) next();
  else earlier.once("close", () => whenAnswered(socket, next));
}

/** True if another listener reads from the socket, or has ended or destroyed it. */
function isTaken(socket: Duplex): boolean {
  return socket.readableFlowing !== null || socket.writableEnded || socket.destroyed;
}

function announcesBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function isBelow(paths: readonly string[], url: string): boolean {
  const [path = ""] = url.split("?", 1);
  return paths.some((each) => path === each || path.startsWith(each.endsWith("/") ? each : `${each}/`));
}

function checkPaths(paths: unknown): readonly string[] | undefined {
  if (paths === undefined) return undefined;
  const isPath = (path: unknown) => typeof path === "string" && path.startsWith("/");
  if (Array.isArray(paths) && paths.length > 0 && paths.every(isPath)) return paths as string[];
  return rejectOption(
    "routeUpgrades paths",
    paths,
    'an array of paths that begin with "/", such as ["/live"]',
  );
}
