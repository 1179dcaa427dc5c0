import type { Decision } from "@keyward/core";
import type { ParameterizedContext } from "koa";
import { rememberDecision } from "./decision-of.ts";

/** Puts a decision on the response. Gives whether the request goes on; if not, it has been answered. */
export function applyDecision(decision: Decision, ctx: ParameterizedContext): boolean {
  const { headers } = decision;
  for (const name in headers) ctx.res.setHeader(name, headers[name] as string);
  if (decision.admitted) {
    ctx.state["apiKey"] = decision.key;
    rememberDecision(ctx, decision);
    return true;
  }
  ctx.status = decision.status;
  ctx.body = JSON.stringify(decision.problem);
  return false;
}
