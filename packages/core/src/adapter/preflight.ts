import type { Framework } from "./framework.ts";

/** Headers by which a framework may be asked to treat the request as one of another method. */
const METHOD_OVERRIDES = ["x-http-method-override", "x-http-method", "x-method-override"];

/**
 * True if a request is a preflight of CORS. Browsers send those without a key, and nothing else: a request that a framework could interpret differently is not one.
 */
export function isPreflight<Source>(framework: Framework<Source>, source: Source): boolean {
  if (framework.methodOf(source) !== "OPTIONS") return false;
  const has = (name: string) => framework.headerOf(source, name) !== undefined;
  if (!has("origin") || !has("access-control-request-method") || has("transfer-encoding")) return false;
  const length = framework.headerOf(source, "content-length");
  return (length === undefined || length === "0") && !METHOD_OVERRIDES.some(has);
}
