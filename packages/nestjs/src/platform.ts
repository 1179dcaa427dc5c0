import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiKey } from "@keyward/core";
import {
  exposeApiKey,
  findDecision,
  isEncrypted,
  nodeHeaderOf,
  type Framework,
  type HeaderTarget,
} from "@keyward/core/adapter";

/**
 * A request of Express or Fastify, or of Node where there is no framework, as in GraphQL subscriptions. Fields that are missing are read
 * from the socket.
 */
export interface PlatformRequest {
  /** Node's own request, in Fastify. */
  readonly raw?: IncomingMessage;
  readonly protocol?: string;
  readonly ip?: string | undefined;
  /** In Fastify, where `trustProxy` is set. */
  readonly ips?: readonly string[] | undefined;
  /** In Express, the application with its settings. */
  readonly app?: { get(setting: string): unknown };
  /** In Express, the route with its pattern. */
  readonly route?: { readonly path?: unknown };
  /** In Fastify, the route with its pattern. */
  readonly routeOptions?: { readonly url?: string | undefined };
  /** The key that the request was admitted with. */
  apiKey?: ApiKey | undefined;
}

/** A response of Fastify. */
export interface FastifyReply {
  readonly raw: ServerResponse;
  readonly sent: boolean;
  header(name: string, value: string): FastifyReply;
  getHeader(name: string): number | string | readonly string[] | undefined;
  status(status: number): FastifyReply;
  send(body: Buffer): unknown;
}

/** The response of either platform that Nest runs on. */
export type PlatformResponse = ServerResponse | FastifyReply;

/** Node's own request. */
export function rawRequest(request: PlatformRequest): IncomingMessage {
  return request.raw ?? (request as unknown as IncomingMessage);
}

function isFastify(response: PlatformResponse): response is FastifyReply {
  return "raw" in response;
}

/** Node's own response. */
export function rawResponse(response: PlatformResponse): ServerResponse {
  return isFastify(response) ? response.raw : response;
}

/** The part of a response that header fields are written to. */
export function headersOf(response: PlatformResponse): HeaderTarget {
  if (!isFastify(response)) return response;
  return {
    getHeader: (name) => response.getHeader(name),
    setHeader: (name, value) => response.header(name, value),
  };
}

/** Sets the status of a response that is not sent yet. */
export function setStatus(response: PlatformResponse, status: number): void {
  if (isFastify(response)) response.status(status);
  else response.statusCode = status;
}

export function isSent(response: PlatformResponse): boolean {
  return isFastify(response) ? response.sent : response.headersSent || response.writableEnded;
}

/** Sends exactly this body: the platforms' own ways change the content type. */
export function send(response: PlatformResponse, status: number, body: string): void {
  setStatus(response, status);
  if (isFastify(response)) response.send(Buffer.from(body));
  else response.end(body);
}

/** Sets the field `apiKey` of the request. */
export function exposeKey(request: PlatformRequest): void {
  if (request.raw === undefined) exposeApiKey(request);
  else request.apiKey = findDecision(request.raw)?.key;
}

/** Reads the facts of a request, by the platform's own trust settings. */
export const nest: Framework<PlatformRequest> = {
  name: "the platform of Nest",
  proxySetting: 'app.set("trust proxy", …) on Express, new FastifyAdapter({ trustProxy: … }) on Fastify',
  stateKeyOf: rawRequest,
  methodOf: (request) => rawRequest(request).method,
  headerOf: (request, name) => nodeHeaderOf(rawRequest(request), name),
  headerNamesOf: (request) => Object.keys(rawRequest(request).headers),
  isSecure(request) {
    // Both read the header only from proxies that they trust. Without the header, nothing but the socket counts.
    const { headers, socket } = rawRequest(request);
    const isForwarded = request.protocol !== undefined && headers["x-forwarded-proto"] !== undefined;
    return isForwarded ? request.protocol === "https" : isEncrypted(socket);
  },
  addressOf: (request) => request.ip ?? rawRequest(request).socket.remoteAddress ?? "",
  connectionOf(request) {
    const { socket } = rawRequest(request);
    return {
      encrypted: isEncrypted(socket),
      peer: socket.remoteAddress ?? "",
      trustedProxy: trustsPeer(request),
    };
  },
  routeOf({ route, routeOptions }) {
    const pattern = routeOptions?.url ?? route?.path;
    return typeof pattern === "string" ? pattern : undefined;
  },
};

function trustsPeer(request: PlatformRequest): boolean {
  const { socket, headers } = rawRequest(request);
  const express = request.app?.get("trust proxy fn");
  if (typeof express === "function") {
    return (express as (address: string | undefined, hop: number) => boolean)(socket.remoteAddress, 0);
  }
  // Fastify does not expose its trusted proxies. It lists more than the peer where it trusts the peer.
  return request.ips !== undefined && (request.ips.length > 1 || headers["x-forwarded-for"] === undefined);
}
