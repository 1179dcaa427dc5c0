import type { Decision } from "@keyward/core";
import type { FastifyRequest } from "fastify";

/** Where an admitted request carries its decision. A symbol, so that nobody else's field is taken for it. */
const DECISION = Symbol.for("keyward.decision");

type Branded = FastifyRequest & { [DECISION]?: Decision };

export function decisionOf(request: FastifyRequest): Decision | undefined {
  return (request as Branded)[DECISION];
}

export function rememberDecision(request: FastifyRequest, decision: Decision): void {
  (request as Branded)[DECISION] = decision;
}
