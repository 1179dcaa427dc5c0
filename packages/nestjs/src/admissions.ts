import type { Admitted, Decision } from "@keyward/core";
import type { ExecutionContext } from "@nestjs/common";
import { decisionOf, rememberDecision } from "./decision-of.ts";

/** Of what a handler is called with, the objects that carry a request: a GraphQL context, a socket. */
const carriers = new WeakMap<object, object>();

/** Remembers the decision with its request, and which of the handler's arguments leads to that request. */
export function rememberAdmission(context: ExecutionContext, request: object, decision: Admitted): void {
  rememberDecision(request, decision);
  if (context.getArgByIndex(0) === request) return;
  for (const argument of context.getArgs<unknown[]>()) {
    if (isObject(argument) && Object.values(argument).includes(request)) carriers.set(argument, request);
  }
}

/** The decision on the request that a handler is called for. */
export function admissionIn(context: ExecutionContext): Decision | undefined {
  for (const argument of context.getArgs<unknown[]>()) {
    if (!isObject(argument)) continue;
    const decision = decisionOf(carriers.get(argument) ?? argument);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
