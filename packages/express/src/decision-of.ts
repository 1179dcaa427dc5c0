import { giveRequestField, type ApiKey, type Decision } from "@keyward/core";
import type { Request, Response } from "express";

/** Where an admitted request carries its decision. A symbol, so that nobody else's field is taken for it. */
const DECISION = Symbol.for("keyward.decision");

type Locals = Record<symbol, Decision | undefined>;

/** In `response.locals`, which is there for such things: a field of its own on a request of Express is slow to add. */
export function decisionOf(request: Request): Decision | undefined {
  return (request.res?.locals as Locals | undefined)?.[DECISION];
}

export function rememberDecision(request: Request, decision: Decision): void {
  giveRequestField(request, "apiKey", apiKeyOf);
  // Express gives each request its response, and that its locals.
  const { locals } = request.res as Response;
  (locals as Locals)[DECISION] = decision;
}

function apiKeyOf(request: Request): ApiKey | undefined {
  const decision = decisionOf(request);
  return decision?.admitted === true ? decision.key : undefined;
}
