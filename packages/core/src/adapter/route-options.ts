import type { Refused, Settlement } from "../admission/decision.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { Names } from "../names.ts";

/** A value, or a function of the framework's request that returns it. */
export type PerRequest<Value, Args extends readonly unknown[]> = Value | ((...args: Args) => Value);

/** Result of `settle`: the actual cost, or the costs of budgets too. `undefined` keeps the original charge. */
export type RealCost = number | Settlement | undefined;

/**
 * Requirements of a route, and the treatment of its requests. The functions get the framework's own arguments, such as
 * `(request, response)` in Express.
 *
 * @typeParam N the names that the options of the Keyward define
 */
export interface RouteOptions<Args extends readonly unknown[], N extends Names = Names> {
  /** Scopes that the key must have, all of them. */
  readonly scopes?: readonly N["scope"][] | undefined;
  /** Scopes of which the key must have at least one. */
  readonly anyScope?: readonly N["scope"][] | undefined;
  /** The cost for the key line and the owner: a whole number, 0 or more. Default: 1. */
  readonly cost?: PerRequest<number, Args> | undefined;
  /** The additional cost of each budget. */
  readonly budgets?: { readonly [Name in N["budget"]]?: PerRequest<number, Args> } | undefined;
  /**
   * The real cost, where it is known only afterwards. Called once when the response is finished or its connection closes. A promise is
   * awaited.
   */
  readonly settle?: ((...args: Args) => MaybePromise<RealCost>) | undefined;
  /** The plan under which requests without a key are admitted, counted per client address. Default: they are refused. */
  readonly anonymous?: N["plan"] | undefined;
  /** Labels the requests in usage. Default: the route's pattern where the framework knows it. */
  readonly tag?: string | undefined;
  /** True if a request passes without a key, uncounted: only `true` does. */
  readonly skip?: ((...args: Args) => boolean) | undefined;
  /**
   * Writes the response to a refused request. The status and the headers of the refusal are set before. If nothing was written when it
   * returns, or when the promise that it returns settles, the usual problem document is sent.
   */
  readonly onRefused?: ((refusal: Refused, ...args: Args) => unknown) | undefined;
  /** True if preflights of CORS pass without a key, uncounted, or are treated as other requests. Default: `"pass"`. */
  readonly preflight?: "pass" | "check" | undefined;
}
