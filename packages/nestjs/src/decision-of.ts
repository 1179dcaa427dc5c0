import type { Decision, MaybePromise } from "@keyward/core";

/** Where an admitted request carries its decision. A symbol, so that nobody else's field is taken for it. */
const DECISION = Symbol.for("keyward.decision");

type Branded = object & { [DECISION]?: Decision };

export function decisionOf(request: object): Decision | undefined {
  return (request as Branded)[DECISION];
}

export function rememberDecision(request: object, decision: Decision): void {
  (request as Branded)[DECISION] = decision;
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
