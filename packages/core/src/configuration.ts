import type { KeyPolicy } from "./keys/key-policy.ts";
import type { ScopeCatalogue } from "./keys/scopes.ts";
import type { PlanDescription } from "./limits/plan-description.ts";

/** The choices that a server offers for keys: for a page or a program that presents them. */
export interface Configuration {
  /** The first is the default of new keys. */
  readonly environments: readonly string[];
  /** Places where a request may present its key: names of headers, or `bearer`. The first is the one to show to customers. */
  readonly keyFrom: readonly [string, ...string[]];
  /** Response headers that a page of another origin can read only if `Access-Control-Expose-Headers` lists them. */
  readonly exposedHeaders: readonly string[];
  /** True if routes can settle their cost: the limiter can correct what it charged. */
  readonly canSettle: boolean;
  readonly plans: readonly PlanDescription[];
  /** The scopes that keys can have, with a description of each; absent where any scope is accepted. */
  readonly scopes?: ScopeCatalogue;
  readonly keyPolicy: KeyPolicy;
}
