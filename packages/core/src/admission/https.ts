import { isLoopback } from "../addresses/client-address.ts";
import { rejectSetting } from "../option-error.ts";
import type { AdmissionRequest } from "./request.ts";

/** Requests that must use HTTPS. */
export type HttpsPolicy = "always" | "not-on-loopback" | "never";

/**
 * Checks the option `requireHttps` of `createKeyward` and of the console. Default: "always".
 *
 * @throws KeywardError `invalid-option`
 */
export function checkHttps(value: unknown): HttpsPolicy {
  if (value === undefined) return "always";
  if (typeof value === "boolean") return value ? "always" : "never";
  const { allowLoopback, ...others } = (value ?? {}) as { allowLoopback?: unknown };
  if (typeof value !== "object" || typeof allowLoopback !== "boolean" || Object.keys(others).length > 0)
    rejectSetting("requireHttps", value, "true, false or { allowLoopback: true }");
  return allowLoopback ? "not-on-loopback" : "always";
}

/**
 * Checks that a request used HTTPS or does not have to. With "not-on-loopback", the socket itself must come from this machine and not
 * from a trusted proxy: behind a proxy, the client's address is what a header says.
 */
export function meetsHttps(
  policy: HttpsPolicy,
  { secure, ip, connection }: Pick<AdmissionRequest, "secure" | "ip" | "connection">,
): boolean {
  if (secure || policy === "never") return true;
  if (policy === "always" || !isLoopback(ip)) return false;
  // Without a connection, it is unknown whether a proxy on this machine forwards for others.
  return connection !== undefined && isLoopback(connection.peer) && !connection.trustedProxy;
}
