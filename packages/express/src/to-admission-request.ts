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
    return this.#request.secure;
  }

  get ip(): string {
    return this.#request.ip ?? "";
  }

  get cost(): number | undefined {
    const { cost } = this.#options;
    return typeof cost === "function" ? cost(this.#request) : cost;
  }

  get scopes(): readonly string[] | undefined {
    return this.#options.scopes;
  }

  get connection(): Connection {
    const { socket, app } = this.#request;
    const peer = socket.remoteAddress ?? "";
    const trusts = app.get("trust proxy fn") as (address: string, hop: number) => boolean;
    return {
      encrypted: (socket as Partial<TLSSocket>).encrypted === true,
      peer,
      trustedProxy: trusts(peer, 0),
    };
  }

  get previous(): Decision | undefined {
    return decisionOf(this.#request);
  }
}
