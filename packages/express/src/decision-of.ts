import type { IncomingMessage } from "node:http";
import { giveRequestField, type ApiKey, type Decision } from "@keyward/core";
import type { Request } from "express";

/** Where an admitted request carries its decision. A symbol, so that nobody else's field is taken for it. */
const DECISION = Symbol.for("keyward.decision");

type Locals = Record<symbol, Decision | undefined>;

/** For requests of other frameworks with Express's signature, such as connect and polka. */
const decisions = new WeakMap<IncomingMessage, Decision>();

/**
 * In `response.locals`, which Express gives each request for such things: a field of Keyward's own on a request of
 * Express is slow to add.
 */
function localsOf(request: Request): Locals | undefined {
  return request.res?.locals as Locals | undefined;
}

export function decisionOf(request: Request): Decision | undefined {
  const locals = localsOf(request);
  return locals === undefined ? decisions.get(request) : locals[DECISION];
}

export function rememberDecision(request: Request, decision: Decision): void {
  giveRequestField(request, "apiKey", apiKeyOf);
  const locals = localsOf(request);
  if (locals === undefined) decisions.set(request, decision);
  else locals[DECISION] = decision;
}

function apiKeyOf(request: Request): ApiKey | undefined {
  const decision = decisionOf(request);
  return decision?.admitted === true ? decision.key : undefined;
}
