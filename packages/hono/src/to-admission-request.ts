import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { AdmissionRequest, Connection, Decision } from "@keyward/core";
import type { Context } from "hono";
import proxyAddress from "proxy-addr";
import { DECISION } from "./apply-decision.ts";
import type { KeywardMiddlewareOptions } from "./keyward.ts";

type Trusts = (address: string, hop: number) => boolean;

/** What the core asks of a request, answered by Hono's Node server and the proxies that are trusted. */
export function toAdmissionRequest(
  context: Context,
  options: KeywardMiddlewareOptions,
  trusts: Trusts,
): AdmissionRequest {
  return new HonoRequest(context, options, trusts);
}

class HonoRequest implements AdmissionRequest {
  readonly #context: Context;
  readonly #incoming: IncomingMessage;
  readonly #options: KeywardMiddlewareOptions;
  readonly #trusts: Trusts;

  constructor(context: Context, options: KeywardMiddlewareOptions, trusts: Trusts) {
    this.#context = context;
    this.#incoming = (context.env as { incoming: IncomingMessage }).incoming;
    this.#options = options;
    this.#trusts = trusts;
  }

  header(name: string): string | readonly string[] | undefined {
    return this.#incoming.headers[name];
  }

  get secure(): boolean {
    const { encrypted, trustedProxy } = this.connection;
    if (!trustedProxy) return encrypted;
    const forwarded = this.#incoming.headers["x-forwarded-proto"];
    // A proxy may have added to what it was given; the first is what the client spoke.
    return forwarded === undefined ? encrypted : String(forwarded).split(",")[0]?.trim() === "https";
  }

  get ip(): string {
    return proxyAddress(this.#incoming, this.#trusts) ?? "";
  }

  get cost(): number | undefined {
    const { cost } = this.#options;
    return typeof cost === "function" ? cost(this.#context) : cost;
  }

  get scopes(): readonly string[] | undefined {
    return this.#options.scopes;
  }

  get connection(): Connection {
    const { socket } = this.#incoming;
    const peer = socket.remoteAddress ?? "";
    const encrypted = (socket as Partial<TLSSocket>).encrypted === true;
    return { encrypted, peer, trustedProxy: peer !== "" && this.#trusts(peer, 0) };
  }

  get headerNames(): readonly string[] {
    return Object.keys(this.#incoming.headers);
  }

  get previous(): Decision | undefined {
    return this.#context.get(DECISION as never);
  }
}
