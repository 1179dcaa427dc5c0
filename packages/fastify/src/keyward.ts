import {
  checkRequirements,
  type ApiKey,
  type Decision,
  type Keyward,
  type MaybePromise,
} from "@keyward/core";
import type { FastifyRequest, onRequestHookHandler } from "fastify";
import { applyDecision } from "./apply-decision.ts";
import { toAdmissionRequest } from "./to-admission-request.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The key that the request was admitted with; there on every route behind `keyward(kw)`. */
    apiKey?: ApiKey;
  }
}

/** What a route asks of the key, beyond being valid. */
export interface KeywardHookOptions {
  /** The scopes that the key must have, all of them. */
  readonly scopes?: readonly string[];
  /** What a request costs: a whole number, or a function of the request that gives one. 1 if left out. */
  readonly cost?: number | ((request: FastifyRequest) => number);
}

/**
 * Admits requests that carry a valid key within its limits, and answers the others: an `onRequest` hook.
 *
 * Standing twice on a request's way, it counts the request once: a route's hook adds its scopes, and what its cost is
 * more than that of the hook for all.
 *
 * @example
 * ```ts
 * app.addHook("onRequest", keyward(kw));
 * app.post("/v1/reports", { onRequest: keyward(kw, { scopes: ["reports:write"], cost: 10 }) }, createReport);
 * ```
 */
export function keyward(kw: Keyward, options: KeywardHookOptions = {}): onRequestHookHandler {
  checkRequirements(kw, options);
  return function keywardHook(request, reply, done) {
    let decision: MaybePromise<Decision>;
    try {
      decision = kw.admit(toAdmissionRequest(request, options));
    } catch (error) {
      done(error as Error);
      return;
    }
    if (!(decision instanceof Promise)) {
      if (applyDecision(decision, request, reply)) done();
      return;
    }
    decision
      .then((decided) => applyDecision(decided, request, reply))
      .then((goesOn) => goesOn && done(), done);
  };
}
