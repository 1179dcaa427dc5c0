import type { IncomingMessage } from "node:http";
import { hostHeaderOf, isEncrypted } from "./connection.ts";

/** Express removes the path that a router is mounted at from `url`. */
type MountedRequest = IncomingMessage & { readonly originalUrl?: string };

/** Methods that a `Request` cannot have. No resource of the console has them either. */
const FORBIDDEN_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);

/** The path of a request, wherever the console is mounted. */
export function pathOf(request: IncomingMessage): string {
  return targetOf(request).replace(/[?#].*$/s, "");
}

/** Node's request as a `Request`; `undefined` if its Host and target do not make a URL. */
export function toRequest(request: IncomingMessage, body: Buffer): Request | undefined {
  const { headers: fields, method = "GET" } = request;
  const origin = originOf(request);
  const target = targetOf(request);
  if (origin === undefined || !target.startsWith("/")) return undefined;
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    // Pseudo headers of HTTP/2 are not fields.
    if (value !== undefined && !name.startsWith(":")) headers.set(name, String(value));
  }
  return new Request(origin + target, {
    headers,
    method: FORBIDDEN_METHODS.has(method) ? "UNSUPPORTED" : method,
    ...(body.length > 0 && method !== "GET" && method !== "HEAD" && { body: new Uint8Array(body) }),
  });
}

/** The request target without the scheme and host that a client of a proxy puts before it. */
function targetOf(request: MountedRequest): string {
  const target = request.originalUrl ?? request.url ?? "/";
  return target.replace(/^https?:\/\/[^/?#]*(?=[/?#]|$)/i, "").replace(/^(?=[?#]|$)/, "/");
}

/** The origin that a request names. Absent if the Host is invalid or contains more than a host and a port. */
function originOf(request: IncomingMessage): string | undefined {
  const host = hostHeaderOf(request);
  const scheme = isEncrypted(request) ? "https" : "http";
  if (!/^[^\s/?#@\\]+$/.test(host) || !URL.canParse(`${scheme}://${host}`)) return undefined;
  return new URL(`${scheme}://${host}`).origin;
}
