import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";

/** Where a request came from, and whether in private. */
export interface Connection {
  readonly secure: boolean;
  readonly ip: string;
}

/** What frameworks put on Node's request, each by its own trust settings. */
interface FrameworkRequest extends IncomingMessage {
  /** Express. */
  readonly secure?: boolean;
  /** Express, and Fastify's middleware. */
  readonly ip?: string;
  readonly protocol?: string;
}

/** As the framework judges it, or the socket where none does. Forwarded headers are never read here. */
export function connectionOf(request: IncomingMessage): Connection {
  const { secure, protocol, ip, socket } = request as FrameworkRequest;
  return {
    secure:
      secure ??
      (protocol === undefined ? (socket as Partial<TLSSocket>).encrypted === true : protocol === "https"),
    ip: ip ?? socket.remoteAddress ?? "",
  };
}
