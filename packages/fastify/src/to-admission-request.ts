import type { TLSSocket } from "node:tls";
import type { AdmissionRequest, Connection, Decision } from "@keyward/core";
import type { FastifyRequest } from "fastify";
import { decisionOf } from "./decision-of.ts";
import type { KeywardHookOptions } from "./keyward.ts";

/** What the core asks of a request, answered by Fastify and its `trustProxy` setting. */
export function toAdmissionRequest(request: FastifyRequest, options: KeywardHookOptions): AdmissionRequest {
  return new FastifyAdmissionRequest(request, options);
}

class FastifyAdmissionRequest implements AdmissionRequest {
  readonly #request: FastifyRequest;
  readonly #options: KeywardHookOptions;

  constructor(request: FastifyRequest, options: KeywardHookOptions) {
    this.#request = request;
    this.#options = options;
  }

  header(name: string): string | readonly string[] | undefined {
    return this.#request.headers[name];
  }

  get secure(): boolean {
    return this.#request.protocol === "https";
  }

  get ip(): string {
    return this.#request.ip;
  }

  get cost(): number | undefined {
    const { cost } = this.#options;
    return typeof cost === "function" ? cost(this.#request) : cost;
  }

  get scopes(): readonly string[] | undefined {
    return this.#options.scopes;
  }

  get connection(): Connection {
    const { socket, ips } = this.#request;
    return {
      encrypted: (socket as Partial<TLSSocket>).encrypted === true,
      peer: socket.remoteAddress ?? "",
      // Fastify does not say whom it trusts, only whether it trusts anybody.
      trustedProxy: ips !== undefined,
    };
  }

  get headerNames(): readonly string[] {
    return Object.keys(this.#request.headers);
  }

  get previous(): Decision | undefined {
    return decisionOf(this.#request);
  }
}
