import { checkRequirements, type ApiKey, type Decision, type Keyward } from "@keyward/core";
import type { Middleware, Next, ParameterizedContext } from "koa";
import { applyDecision } from "./apply-decision.ts";
import { keepHeaders } from "./keep-headers.ts";
import { toAdmissionRequest } from "./to-admission-request.ts";

declare module "koa" {
  interface DefaultState {
    /** The key that the request was admitted with; there on every route behind `keyward(kw)`. */
    apiKey?: ApiKey;
  }
}

/** What a route asks of the key, beyond being valid. */
export interface KeywardMiddlewareOptions {
  /** The scopes that the key must have, all of them. */
  readonly scopes?: readonly string[];
  /** What a request costs: a whole number, or a function of the context that gives one. 1 if left out. */
  readonly cost?: number | ((ctx: ParameterizedContext) => number);
}

/**
 * Admits requests that carry a valid key within its limits, and answers the others.
 *
 * Mounted twice on a request's way, it counts the request once: an inner mount adds its scopes, and
 * what its cost is more than the outer's.
 *
 * @example
 * ```ts
 * app.use(keyward(kw));
 * router.post("/v1/reports", keyward(kw, { scopes: ["reports:write"], cost: 10 }), createReport);
 * ```
 */
export function keyward(kw: Keyward, options: KeywardMiddlewareOptions = {}): Middleware {
  checkRequirements(kw, options);
  return function keywardMiddleware(ctx: ParameterizedContext, next: Next): Promise<unknown> {
    keepHeaders(ctx.app);
    const decision = kw.admit(toAdmissionRequest(ctx, options));
    return decision instanceof Promise
      ? decision.then((decided) => goOn(decided, ctx, next))
      : goOn(decision, ctx, next);
  };
}

function goOn(decision: Decision, ctx: ParameterizedContext, next: Next): Promise<unknown> {
  return applyDecision(decision, ctx) ? next() : Promise.resolve();
}
