import type { Decision } from "@keyward/core";
import type { ParameterizedContext } from "koa";

/** Where an admitted request carries its decision. A symbol, so that nobody else's field is taken for it. */
const DECISION = Symbol.for("keyward.decision");

/** In the state, which is made for such things: a field of its own on the context would slow down all that follow. */
type State = { [DECISION]?: Decision };

export function decisionOf(ctx: ParameterizedContext): Decision | undefined {
  return (ctx.state as State)[DECISION];
}

export function rememberDecision(ctx: ParameterizedContext, decision: Decision): void {
  (ctx.state as State)[DECISION] = decision;
}
