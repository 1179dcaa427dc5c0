import {
  checkRequirements,
  type ApiKey,
  type Decision,
  type Keyward,
  type MaybePromise,
} from "@keyward/core";
import type { NextFunction, Request, RequestHandler, Response } from "express";
import { applyDecision } from "./apply-decision.ts";
import { toAdmissionRequest } from "./to-admission-request.ts";

declare global {
  // The name and the shape are Express's own: this is how its requests are given a field.
  namespace Express {
    interface Request {
      /** The key that the request was admitted with; there on every route behind `keyward(kw)`. */
      apiKey?: ApiKey;
    }
  }
}

/** What a route asks of the key, beyond being valid. */
export interface KeywardMiddlewareOptions {
  /** The scopes that the key must have, all of them. */
  readonly scopes?: readonly string[];
  /** What a request costs: a whole number, or a function of the request that gives one. 1 if left out. */
  readonly cost?: number | ((request: Request) => number);
}

/**
 * Admits requests that carry a valid key within its limits, and answers the others.
 *
 * Mounted twice on a request's way, it counts the request once: an inner mount adds its scopes, and
 * what its cost is more than the outer's.
 *
 * @example
 * ```ts
 * app.use("/v1", keyward(kw));
 * app.post("/v1/reports", keyward(kw, { scopes: ["reports:write"], cost: 10 }), createReport);
 * ```
 */
export function keyward(kw: Keyward, options: KeywardMiddlewareOptions = {}): RequestHandler {
  checkRequirements(kw, options);
  return function keywardMiddleware(request: Request, response: Response, next: NextFunction): void {
    let decision: MaybePromise<Decision>;
    try {
      decision = kw.admit(toAdmissionRequest(request, options));
    } catch (error) {
      next(error);
      return;
    }
    if (decision instanceof Promise) applyLater(decision, request, response, next);
    else if (applyDecision(decision, request, response)) next();
  };
}

function applyLater(
  decision: Promise<Decision>,
  request: Request,
  response: Response,
  next: NextFunction,
): void {
  decision
    .then((decided) => applyDecision(decided, request, response))
    .then((goesOn) => goesOn && next(), next);
}
