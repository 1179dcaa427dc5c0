import type { AdmissionRequest } from "../admission/request.ts";

/** Headers that proxies and load balancers add, by their lower-case names. */
const PROXY_HEADERS = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-protocol",
  "x-forwarded-scheme",
  "x-forwarded-ssl",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-server",
  "x-forwarded-prefix",
  "x-forwarded-by",
  "x-original-forwarded-for",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-envoy-external-address",
  "x-amzn-trace-id",
  "x-arr-ssl",
  "x-azure-clientip",
  "cf-connecting-ip",
  "true-client-ip",
  "fastly-client-ip",
  "fly-client-ip",
  "front-end-https",
  "via",
];

/** True if a proxy seems to have passed the request on, trusted or not. */
export function hasProxyHeaders(request: Pick<AdmissionRequest, "header" | "headerNames">): boolean {
  return (
    PROXY_HEADERS.some((name) => request.header(name) !== undefined) ||
    request.headerNames?.some((name) => name.toLowerCase().startsWith("x-forwarded-")) === true
  );
}
