import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { AdmissionRequest, Connection, Decision } from "@keyward/core";
import type { ParameterizedContext } from "koa";
import { decisionOf } from "./decision-of.ts";
import type { KeywardMiddlewareOptions } from "./keyward.ts";

/** What the core asks of a request, answered by Koa and its `app.proxy` setting. */
export function toAdmissionRequest(
  ctx: ParameterizedContext,
  options: KeywardMiddlewareOptions,
): AdmissionRequest {
  return new KoaRequest(ctx, options);
}

class KoaRequest implements AdmissionRequest {
  readonly #ctx: ParameterizedContext;
  readonly #options: KeywardMiddlewareOptions;

  constructor(ctx: ParameterizedContext, options: KeywardMiddlewareOptions) {
    this.#ctx = ctx;
    this.#options = options;
  }

  header(name: string): string | readonly string[] | undefined {
    return this.#ctx.req.headers[name];
  }

  get secure(): boolean {
    // Koa says so of a socket that is encrypted, whatever headers say, and takes its time to.
    return isEncrypted(this.#ctx.req.socket) || this.#ctx.secure;
  }

  get ip(): string {
    return this.#ctx.ip;
  }

  get cost(): number | undefined {
    const { cost } = this.#options;
    return typeof cost === "function" ? cost(this.#ctx) : cost;
  }

  get scopes(): readonly string[] | undefined {
    return this.#options.scopes;
  }

  get connection(): Connection {
    const { socket } = this.#ctx.req;
    return {
      encrypted: isEncrypted(socket),
      peer: socket.remoteAddress ?? "",
      // Koa trusts whoever connects, or nobody.
      trustedProxy: this.#ctx.app.proxy,
    };
  }

  get headerNames(): readonly string[] {
    return Object.keys(this.#ctx.req.headers);
  }

  get previous(): Decision | undefined {
    return decisionOf(this.#ctx);
  }
}

function isEncrypted(socket: Socket): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true;
}
