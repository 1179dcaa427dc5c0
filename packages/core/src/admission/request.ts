import { KeywardError } from "../errors.ts";
import { normalizeAddress } from "../http/address.ts";
import type { Decision } from "./decision.ts";

/** Facts of the socket itself, whatever headers say. */
export interface Connection {
  /** TLS on the very socket that the server accepted. */
  readonly encrypted: boolean;
  /** The address at its other end. */
  readonly peer: string;
  /** Whether the framework is set to trust that peer as a proxy. */
  readonly trustedProxy: boolean;
}

/** What an adapter supplies of a request. Members may be getters: most are never read. */
export interface AdmissionRequest {
  /** A header by its lower-case name. An array where the framework kept repeated ones apart. */
  header(name: string): string | readonly string[] | undefined;
  /** Whether the request came over HTTPS, by the framework's own trust settings. */
  readonly secure: boolean;
  /** The client's address, by the framework's own trust settings. May have what proxies add, such as a port. */
  readonly ip: string;
  /** What the request costs: a whole number, 0 or more; 1 if left out. */
  readonly cost?: number | undefined;
  /** The scopes that the key must have, all of them. */
  readonly scopes?: readonly string[] | undefined;
  /** Required for `onPlaintextKey` and `allowLoopback`; a request without it counts as proxied. */
  readonly connection?: Connection | undefined;
  /** The names of all headers, for `onPlaintextKey`: a header that a proxy adds shows that one passed the request on. */
  readonly headerNames?: readonly string[] | undefined;
  /** The decision that this very request was given before, where a middleware is mounted twice. */
  readonly previous?: Decision | undefined;
}

/** The client's address in its normal form; `undefined` if it is not known. */
export function addressOf(request: Pick<AdmissionRequest, "ip">): string | undefined {
  return normalizeAddress(request.ip);
}

/** @throws KeywardError `invalid-input` for a cost that is none */
export function costOf(request: AdmissionRequest): number {
  const { cost } = request;
  if (cost === undefined) return 1;
  if (Number.isSafeInteger(cost) && cost >= 0) return cost;
  throw new KeywardError("invalid-input", `cost: got ${String(cost)}, wants a whole number, 0 or more.`);
}
