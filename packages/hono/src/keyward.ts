import { checkRequirements, type ApiKey, type Decision, type Keyward } from "@keyward/core";
import type { Context, MiddlewareHandler } from "hono";
import { compile } from "proxy-addr";
import { applyDecision, type DECISION } from "./apply-decision.ts";
import { toAdmissionRequest } from "./to-admission-request.ts";

/** What is there on the context of every route behind `keyward(kw)`. */
export interface KeywardVariables {
  /** The key that the request was admitted with. */
  apiKey: ApiKey;
  [DECISION]?: Decision;
}

/** What a route asks of the key, beyond being valid, and whom to believe. */
export interface KeywardMiddlewareOptions {
  /** The scopes that the key must have, all of them. */
  readonly scopes?: readonly string[];
  /** What a request costs: a whole number, or a function of the context that gives one. 1 if left out. */
  readonly cost?: number | ((context: Context) => number);
  /**
   * Addresses, networks, or `loopback`, of the proxies whose `X-Forwarded-…` headers are believed, since Hono has no
   * setting for it; nobody's if left out.
   */
  readonly trustProxy?: string | string[];
}

/**
 * Admits requests that carry a valid key within its limits, and answers the others. For Hono on Node.
 *
 * Mounted twice on a request's way, it counts the request once: an inner mount adds its scopes, and
 * what its cost is more than the outer's.
 *
 * @example
 * ```ts
 * app.use("/v1/*", keyward(kw));
 * app.post("/v1/reports", keyward(kw, { scopes: ["reports:write"], cost: 10 }), createReport);
 * ```
 */
export function keyward(
  kw: Keyward,
  options: KeywardMiddlewareOptions = {},
): MiddlewareHandler<{ Variables: KeywardVariables }> {
  const { trustProxy = [], ...requirements } = options;
  checkRequirements(kw, requirements);
  const trusts = compile(trustProxy);
  return async function keywardMiddleware(context, next) {
    const decision = await kw.admit(toAdmissionRequest(context, options, trusts));
    const refused = applyDecision(decision, context);
    return refused ?? next();
  };
}
