import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { ApiKey } from "@keyward/core";

/** What is read of a request, be it Express's or Fastify's. */
export interface PlatformRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket;
  readonly protocol: string;
  readonly ip?: string | undefined;
  /** On Fastify, only where `trustProxy` is set. */
  readonly ips?: readonly string[] | undefined;
  /** On Express, the application with its settings. */
  readonly app?: { get(setting: string): unknown };
  /** The key that the request was admitted with, for code that reads the request itself. */
  apiKey?: ApiKey;
}

/** What is written of a response that is Express's, or Node's own. */
export interface NodeResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/** What is written of a response that is Fastify's. */
export interface FastifyReply {
  header(name: string, value: string): FastifyReply;
  status(status: number): FastifyReply;
  send(body: Buffer): unknown;
}

/** The response of either platform that Nest runs on. */
export type PlatformResponse = NodeResponse | FastifyReply;

/** Sets a header of the response. */
export function setHeader(response: PlatformResponse, name: string, value: string): void {
  if ("setHeader" in response) response.setHeader(name, value);
  else response.header(name, value);
}

/** Answers with exactly this body: neither platform's own ways leave the content type as it was set. */
export function send(response: PlatformResponse, status: number, body: string): void {
  if ("setHeader" in response) {
    response.statusCode = status;
    response.end(body);
  } else {
    response.status(status).send(Buffer.from(body));
  }
}
