import { KeywardError } from "../errors.ts";
import type { Decision } from "./decision.ts";

/** Facts of the socket itself, whatever headers say. */
export interface Connection {
  /** True if the server accepted this very socket over TLS. */
  readonly encrypted: boolean;
  /** The address at its other end. */
  readonly peer: string;
  /** True if the framework is configured to trust that peer as a proxy. */
  readonly trustedProxy: boolean;
}

/** A request as an adapter reads it. Members may be getters, because most are never read. */
export interface AdmissionRequest {
  /** A header by its lower-case name. An array where the framework keeps repeated headers apart. */
  header(name: string): string | readonly string[] | undefined;
  /** The names of all headers, where the framework has them. Reveals proxies that are not known by name. */
  readonly headerNames?: readonly string[] | undefined;
  /** True if the request came over HTTPS, by the framework's own trust settings. */
  readonly secure: boolean;
  /** The client's address, by the framework's own trust settings. */
  readonly ip: string;
  /** Required for `onPlaintextKey` and `allowLoopback`; a request without it counts as proxied. */
  readonly connection?: Connection | undefined;
  /** The decision that this very request was given before, where a middleware is mounted twice. */
  readonly previous?: Decision | undefined;
  /** The cost for the key line and the owner: a whole number, 0 or more. Default: 1. */
  readonly cost?: number | undefined;
  /** The additional cost of each budget. */
  readonly budgets?: Readonly<Record<string, number>> | undefined;
  /** Scopes that the key must have, all of them. */
  readonly scopes?: readonly string[] | undefined;
  /** Scopes of which the key must have at least one. */
  readonly anyScope?: readonly string[] | undefined;
  /** The plan under which requests without a key are admitted, counted per client address. Default: they are refused. */
  readonly anonymous?: string | undefined;
  /** Labels the request in usage. */
  readonly tag?: string | undefined;
}

export function isCost(cost: unknown): cost is number {
  return Number.isSafeInteger(cost) && (cost as number) >= 0;
}

/** @throws KeywardError `invalid-input` */
export function checkCost(cost: unknown, field: string): number {
  if (isCost(cost)) return cost;
  throw new KeywardError(
    "invalid-input",
    `${field} must be a whole number, 0 or more; got ${String(cost)}.`,
    { field },
  );
}

/** The cost of a request for its key line and owner. */
export function costOf({ cost }: AdmissionRequest): number {
  return cost === undefined ? 1 : checkCost(cost, "cost");
}
