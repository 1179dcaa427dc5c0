import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Connection } from "@keyward/core/adapter";

/** Origin of a request, by the trust settings of the framework that received it. */
export interface ConsoleConnection {
  readonly secure: boolean;
  /** The client's address; empty if it is not known. */
  readonly ip: string;
  /** The host of the request, with its port unless that is the default of its scheme. */
  readonly host: string;
  /** Facts about the socket itself. */
  readonly connection: Connection;
}

/** Fields that frameworks add to Node's request, by their own trust settings. */
interface FrameworkRequest extends IncomingMessage {
  /** Express. */
  readonly secure?: boolean;
  readonly app?: { get?(name: string): unknown };
  /** Express, and Fastify's middleware. Without a port in Fastify and in Express 4. */
  readonly hostname?: string;
  readonly ip?: string;
  readonly protocol?: string;
  /** Fastify's middleware, if it trusts proxies. */
  readonly ips?: unknown;
}

/** The connection as Express, Fastify's middleware or the socket describe it. Forwarding headers are never read here. */
export function connectionOf(request: IncomingMessage): ConsoleConnection {
  const { secure, protocol, ip, hostname, socket } = request as FrameworkRequest;
  const encrypted = isEncrypted(request);
  return {
    secure: secure ?? (protocol === undefined ? encrypted : protocol === "https"),
    ip: ip ?? socket.remoteAddress ?? "",
    host: hostOf(hostHeaderOf(request), hostname),
    connection: { encrypted, peer: socket.remoteAddress ?? "", trustedProxy: trustsPeer(request) },
  };
}

export function isEncrypted({ socket }: IncomingMessage): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true;
}

/** The Host header, or its HTTP/2 counterpart. Empty if the request has neither. */
export function hostHeaderOf({ headers }: IncomingMessage): string {
  return headers.host ?? String(headers[":authority"] ?? "");
}

/** The header holds the port, unless a proxy has changed the header and the framework knows the name from elsewhere. */
function hostOf(header: string, hostname: string | undefined): string {
  const isOfHeader = hostname === undefined || hostname === header || header.startsWith(`${hostname}:`);
  return isOfHeader ? header : hostname;
}

function trustsPeer(request: IncomingMessage): boolean {
  const { app, ips, socket } = request as FrameworkRequest;
  const trusts: unknown = app?.get?.("trust proxy fn");
  return typeof trusts === "function"
    ? trusts(socket.remoteAddress ?? "", 0) === true
    : Array.isArray(ips) && ips.length > 0;
}
