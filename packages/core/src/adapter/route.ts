import type { Refused } from "../admission/decision.ts";
import { KeywardError } from "../errors.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { PerRequest, RealCost, RouteOptions } from "./route-options.ts";

/** A function of the framework's arguments, at most two. */
type OfArgs<Result> = (first: unknown, second: unknown) => Result;

/** The effective options of a route: what is read for each request. */
export interface Route {
  readonly scopes: readonly string[] | undefined;
  readonly anyScope: readonly string[] | undefined;
  readonly cost: number | OfArgs<number> | undefined;
  readonly budgets: OfArgs<Readonly<Record<string, number>>> | undefined;
  readonly settle: OfArgs<MaybePromise<RealCost>> | undefined;
  readonly anonymous: string | undefined;
  readonly tag: string | undefined;
  readonly skip: OfArgs<unknown> | undefined;
  readonly onRefused: ((refusal: Refused, first: unknown, second: unknown) => unknown) | undefined;
  readonly passesPreflights: boolean;
}

type Options = RouteOptions<readonly never[]>;

/** @param options checked by `checkRouteOptions` */
export function toRoute(options: object): Route {
  const { scopes, anyScope, cost, budgets, settle, anonymous, tag, skip, onRefused, preflight } =
    options as Options;
  return {
    scopes: scopes === undefined ? undefined : Object.freeze([...scopes]),
    anyScope: anyScope === undefined ? undefined : Object.freeze([...anyScope]),
    cost: cost as Route["cost"],
    budgets: budgets === undefined ? undefined : budgetCosts(budgets as Record<string, number>),
    settle: settle as Route["settle"],
    anonymous,
    tag,
    skip: skip as Route["skip"],
    onRefused: onRefused as Route["onRefused"],
    passesPreflights: preflight !== "check",
  };
}

function budgetCosts(
  budgets: Readonly<Record<string, PerRequest<number, readonly never[]>>>,
): Route["budgets"] {
  const costs = Object.entries(budgets) as [string, number | OfArgs<number>][];
  if (costs.every(([, cost]) => typeof cost === "number")) {
    const fixed = Object.freeze(Object.fromEntries(costs)) as Readonly<Record<string, number>>;
    return () => fixed;
  }
  return (first, second) =>
    Object.fromEntries(
      costs.map(([name, cost]) => [name, typeof cost === "number" ? cost : cost(first, second)]),
    );
}

/**
 * True if a route's `skip` lets a request pass without a key.
 *
 * @throws KeywardError `invalid-option` for anything but a boolean: a promise is truthy and would admit every request
 */
export function isSkipped(skip: OfArgs<unknown>, first: unknown, second: unknown): boolean {
  const result = skip(first, second);
  if (typeof result === "boolean") return result;
  const isPromise = typeof (result as { then?: unknown } | null | undefined)?.then === "function";
  throw new KeywardError(
    "invalid-option",
    `skip must return true or false; got ${isPromise ? "a promise" : typeof result}. The request is refused.`,
  );
}
