import type { Decision } from "@keyward/core";
import type { ParameterizedContext } from "koa";

/** Where an admitted request carries its decision. A symbol, so that nobody else's field is taken for it. */
const DECISION = Symbol.for("keyward.decision");

type Branded = ParameterizedContext & { [DECISION]?: Decision };

export function decisionOf(ctx: ParameterizedContext): Decision | undefined {
  return (ctx as Branded)[DECISION];
}

export function rememberDecision(ctx: ParameterizedContext, decision: Decision): void {
  (ctx as Branded)[DECISION] = decision;
}
