import type { Limits } from "./limits.ts";
import type { Mode, Plan } from "./plans.ts";

/** A plan for people. */
export interface PlanDescription {
  readonly name: string;
  /** Limits of each key line; absent where key lines are not limited. */
  readonly limits?: Limits;
  /** Limits of all keys of an owner together. */
  readonly owner?: Limits;
  readonly budgets?: Readonly<Record<string, Limits>>;
  /** The effective mode. */
  readonly mode: Mode;
}

/** @param serverMode the mode of plans without one */
export function describePlan(
  { name, limits, owner, budgets, mode }: Plan,
  serverMode: Mode,
): PlanDescription {
  return {
    name,
    ...(limits !== undefined && { limits }),
    ...(owner !== undefined && { owner }),
    ...(budgets.size > 0 && { budgets: Object.fromEntries(budgets) }),
    mode: mode ?? serverMode,
  };
}
