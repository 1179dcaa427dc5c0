import type { TLSSocket } from "node:tls";
import type { AdmissionRequest, Connection, Decision } from "@keyward/core";
import type { Request } from "express";
import { decisionOf } from "./decision-of.ts";
import type { KeywardMiddlewareOptions } from "./keyward.ts";

/** What the core asks of a request, answered by Express and its `trust proxy` setting. */
export function toAdmissionRequest(request: Request, options: KeywardMiddlewareOptions): AdmissionRequest {
  return new ExpressRequest(request, options);
}

class ExpressRequest implements AdmissionRequest {
  readonly #request: Request;
  readonly #options: KeywardMiddlewareOptions;

  constructor(request: Request, options: KeywardMiddlewareOptions) {
    this.#request = request;
    this.#options = options;
  }

  header(name: string): string | readonly string[] | undefined {
    return this.#request.headers[name];
  }

  get secure(): boolean {
    return isExpress(this.#request) ? this.#request.secure : isEncrypted(this.#request);
  }

  get ip(): string {
    return (isExpress(this.#request) ? this.#request.ip : this.#request.socket.remoteAddress) ?? "";
  }

  get cost(): number | undefined {
    const { cost } = this.#options;
    return typeof cost === "function" ? cost(this.#request) : cost;
  }

  get scopes(): readonly string[] | undefined {
    return this.#options.scopes;
  }

  get connection(): Connection {
    const peer = this.#request.socket.remoteAddress ?? "";
    return { encrypted: isEncrypted(this.#request), peer, trustedProxy: trusts(this.#request, peer) };
  }

  get headerNames(): readonly string[] {
    return Object.keys(this.#request.headers);
  }

  get previous(): Decision | undefined {
    return decisionOf(this.#request);
  }
}

/** connect and polka call middleware with Node's own requests, and have no setting for proxies: the socket alone counts. */
function isExpress(request: Request): boolean {
  return typeof request.app?.get === "function";
}

function isEncrypted({ socket }: Request): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true;
}

function trusts(request: Request, peer: string): boolean {
  if (!isExpress(request)) return false;
  return (request.app.get("trust proxy fn") as (address: string, hop: number) => boolean)(peer, 0);
}
