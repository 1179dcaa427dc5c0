import type { IncomingMessage } from "node:http";
import {
  giveRequestField,
  type Admitted,
  type ApiKey,
  type Decision,
  type MaybePromise,
} from "@keyward/core";
import type { PlatformRequest } from "./platform.ts";

/** Where an admitted request carries its decision. A symbol, so that nobody else's field is taken for it. */
const DECISION = Symbol.for("keyward.decision");

type Branded = object & { [DECISION]?: Decision };

/** What Express has for such things: a field of its own on a request of Express is slow to add. */
type OfExpress = IncomingMessage & { res?: { locals?: Branded } };

function localsOf(request: object): Branded | undefined {
  return (request as OfExpress).res?.locals;
}

export function decisionOf(request: object): Decision | undefined {
  return (localsOf(request) ?? (request as Branded))[DECISION];
}

/** With the key, for code that reads the request itself. */
export function rememberDecision(request: object, decision: Admitted): void {
  const locals = localsOf(request);
  if (locals === undefined) {
    (request as Branded)[DECISION] = decision;
    (request as PlatformRequest).apiKey = decision.key;
    return;
  }
  giveRequestField(request as OfExpress, "apiKey", apiKeyOf);
  locals[DECISION] = decision;
}

function apiKeyOf(request: object): ApiKey | undefined {
  const decision = decisionOf(request);
  return decision?.admitted === true ? decision.key : undefined;
}

const deciding = new WeakMap<object, Promise<Decision>>();

/**
 * Decides on a request after those decisions on it that are under way: the fields of one GraphQL request are
 * guarded at the same time, and each has to know what the request was already counted for.
 */
export function inTurn(request: object, decide: () => MaybePromise<Decision>): MaybePromise<Decision> {
  const before = deciding.get(request);
  const decision = before === undefined ? decide() : before.then(decide, decide);
  if (decision instanceof Promise) deciding.set(request, decision);
  return decision;
}
