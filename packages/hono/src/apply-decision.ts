import type { Decision } from "@keyward/core";
import type { Context } from "hono";

/** Where an admitted request carries its decision. A symbol, so that nobody else's variable is taken for it. */
export const DECISION: unique symbol = Symbol.for("keyward.decision") as never;

/** Puts a decision on the context. Gives the answer, where the request does not go on. */
export function applyDecision(decision: Decision, context: Context): Response | undefined {
  const { headers } = decision;
  for (const name in headers) context.header(name, headers[name]);
  if (!decision.admitted) return context.body(JSON.stringify(decision.problem), decision.status as never);
  context.set("apiKey", decision.key);
  context.set(DECISION as never, decision);
  return undefined;
}
