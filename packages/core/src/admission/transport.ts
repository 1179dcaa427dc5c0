import { isLoopback } from "../addresses/client-address.ts";
import { hasProxyHeaders } from "../http/proxy-headers.ts";
import { meetsHttps, type HttpsPolicy } from "./https.ts";
import type { Refusal } from "./refusal.ts";
import type { AdmissionRequest } from "./request.ts";

const LEAKED =
  "This API requires HTTPS. If your key was sent over plain HTTP, others may have read it: rotate it.";

/** Refuses plain HTTP, before anything is looked up. */
export function checkTransport(request: AdmissionRequest, policy: HttpsPolicy): Refusal | undefined {
  return meetsHttps(policy, request) ? undefined : refusal(request);
}

function refusal(request: AdmissionRequest): Refusal {
  return isProvablyPlaintext(request)
    ? { code: "https-required", detail: LEAKED }
    : { code: "https-required" };
}

/**
 * True if the socket itself is not encrypted, its other end is neither this machine nor a trusted proxy, and no header shows that an unknown
 * proxy passed the request on.
 */
export function isProvablyPlaintext(request: AdmissionRequest): boolean {
  const { connection } = request;
  return (
    connection !== undefined &&
    !connection.encrypted &&
    !connection.trustedProxy &&
    connection.peer !== "" &&
    !isLoopback(connection.peer) &&
    !hasProxyHeaders(request)
  );
}
