import type { TLSSocket } from "node:tls";
import type { AdmissionRequest, Connection, Decision } from "@keyward/core";
import { decisionOf } from "./decision-of.ts";
import type { PlatformRequest } from "./platform.ts";
import type { Requirements } from "./requirements.ts";

/** What the core asks of a request, answered by the platform and its trust settings. */
export function toAdmissionRequest(request: PlatformRequest, requirements: Requirements): AdmissionRequest {
  return new PlatformAdmissionRequest(request, requirements);
}

class PlatformAdmissionRequest implements AdmissionRequest {
  readonly #request: PlatformRequest;
  readonly #requirements: Requirements;

  constructor(request: PlatformRequest, requirements: Requirements) {
    this.#request = request;
    this.#requirements = requirements;
  }

  header(name: string): string | readonly string[] | undefined {
    return this.#request.headers[name];
  }

  get secure(): boolean {
    return this.#request.protocol === "https";
  }

  get ip(): string {
    return this.#request.ip ?? "";
  }

  get cost(): number | undefined {
    const { cost } = this.#requirements;
    return typeof cost === "function" ? cost(this.#request) : cost;
  }

  get scopes(): readonly string[] | undefined {
    return this.#requirements.scopes;
  }

  get connection(): Connection {
    const { socket } = this.#request;
    const peer = socket.remoteAddress ?? "";
    return {
      encrypted: (socket as Partial<TLSSocket>).encrypted === true,
      peer,
      trustedProxy: trusts(this.#request, peer),
    };
  }

  get headerNames(): readonly string[] {
    return Object.keys(this.#request.headers);
  }

  get previous(): Decision | undefined {
    return decisionOf(this.#request);
  }
}

function trusts({ app, ips }: PlatformRequest, peer: string): boolean {
  const express = app?.get("trust proxy fn");
  if (typeof express === "function") return (express as (address: string, hop: number) => boolean)(peer, 0);
  // Fastify does not say whom it trusts, only whether it trusts anybody.
  return ips !== undefined;
}
