import { fingerprintOf } from "../keys/seal.ts";
import { statusOf } from "../keys/record.ts";
import { whenReady, type MaybePromise } from "../maybe-promise.ts";
import { hasProxyHeaders } from "../http/proxy-headers.ts";
import { isLoopback } from "./client-address.ts";
import type { Refused } from "./decision.ts";
import { presentedKey, UNUSABLE } from "./header.ts";
import type { Pipeline } from "./pipeline.ts";
import type { PlaintextKeys } from "./plaintext-keys.ts";
import { recognize } from "./recognize.ts";
import { refuse } from "./refuse.ts";
import type { AdmissionRequest } from "./request.ts";

/** Whether the request came over HTTPS, or need not have. */
export function cameSecurely({ settings }: Pipeline, request: AdmissionRequest): boolean {
  if (request.secure || settings.requireHttps === "never") return true;
  if (settings.requireHttps === "always" || !isLoopback(request.ip)) return false;
  const { connection } = request;
  return connection !== undefined && isLoopback(connection.peer) && !connection.trustedProxy;
}

/** Refuses plain HTTP before anything is looked up; where the options say so, a live key is revoked first. */
export function refusePlaintext(pipeline: Pipeline, request: AdmissionRequest): MaybePromise<Refused> {
  if (pipeline.plaintextKeys === undefined || !isProvablyPlaintext(request)) {
    return refuse(pipeline, request, "https-required");
  }
  return whenReady(revokePresented(pipeline, pipeline.plaintextKeys, request), (revoked) =>
    refuse(pipeline, request, "https-required", revoked ? { detail: REVOKED_DETAIL } : {}),
  );
}

const REVOKED_DETAIL =
  "This API requires HTTPS. The key was sent over plain HTTP, where others may have read it, and was revoked.";

/**
 * The socket itself is not encrypted, its other end is neither this machine nor a trusted proxy, and no header shows
 * that an unknown proxy passed the request on.
 */
function isProvablyPlaintext(request: AdmissionRequest): boolean {
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

async function revokePresented(
  pipeline: Pipeline,
  plaintextKeys: PlaintextKeys,
  request: AdmissionRequest,
): Promise<boolean> {
  const { settings, keys, events } = pipeline;
  const presented = presentedKey(request, settings.header);
  if (presented === undefined || presented === UNUSABLE) return false;
  const fingerprint = fingerprintOf(presented);
  const recognized = recognize(pipeline, presented, fingerprint);
  if (recognized === undefined) return false;
  try {
    const key = await keys.lookUp(fingerprint, recognized.digests);
    if (key === undefined || statusOf(key.record, settings.clock()) !== "active") return false;
    return await plaintextKeys.revoke(key.record.id, request.connection?.peer ?? "");
  } catch (error) {
    events.emit("store.failed", { during: "revocation", error });
    return false;
  }
}
