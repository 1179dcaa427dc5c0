import type { Admitted, ApiKey, Decision, MaybePromise } from "@keyward/core";
import { decisionOf, findDecision, keyOf } from "@keyward/core/adapter";
import type { ExecutionContext } from "@nestjs/common";
import { rawRequest, type PlatformRequest } from "./platform.ts";

/** Arguments of handlers, such as a GraphQL context or a socket, by the request that they belong to. */
const carriers = new WeakMap<object, PlatformRequest>();

/** Remembers which argument of a handler leads to its request. */
export function rememberCarrier(context: ExecutionContext, request: PlatformRequest): void {
  if (context.getArgByIndex(0) === request) return;
  for (const argument of context.getArgs<unknown[]>()) {
    if (isObject(argument) && Object.values(argument).includes(request)) carriers.set(argument, request);
  }
}

/** The decision about the request that a handler is called for. */
export function decisionIn(context: ExecutionContext): Admitted | undefined {
  for (const argument of context.getArgs<unknown[]>()) {
    if (!isObject(argument)) continue;
    const decision = findDecision(rawRequest(carriers.get(argument) ?? (argument as PlatformRequest)));
    if (decision !== undefined) return decision;
  }
  return undefined;
}

/**
 * The key that a request was admitted with.
 *
 * @throws KeywardError `not-admitted` where the guard did not admit the request, or it is anonymous
 */
export function apiKeyOf(request: object): ApiKey {
  return keyOf(rawRequest(request as PlatformRequest));
}

/**
 * The decision about an admitted request: its key, its plan, and `settle`.
 *
 * @throws KeywardError `not-admitted` where the guard did not admit the request
 */
export function admissionOf(request: object): Admitted {
  return decisionOf(rawRequest(request as PlatformRequest));
}

const deciding = new WeakMap<object, Promise<unknown>>();

/**
 * Decides about a request after other decisions about it: the fields of one GraphQL request are guarded at the same time, and each has to
 * know what the request was charged before.
 */
export function inTurn(
  request: object,
  decide: () => MaybePromise<Decision | undefined>,
): MaybePromise<Decision | undefined> {
  const before = deciding.get(request);
  const decision = before === undefined ? decide() : before.then(decide, decide);
  if (decision instanceof Promise) deciding.set(request, decision);
  return decision;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
