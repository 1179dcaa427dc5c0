import type { Decision } from "@keyward/core";
import type { Request } from "express";

/** Where an admitted request carries its decision. A symbol, so that nobody else's field is taken for it. */
const DECISION = Symbol.for("keyward.decision");

type Branded = Request & { [DECISION]?: Decision };

export function decisionOf(request: Request): Decision | undefined {
  return (request as Branded)[DECISION];
}

export function rememberDecision(request: Request, decision: Decision): void {
  (request as Branded)[DECISION] = decision;
}
