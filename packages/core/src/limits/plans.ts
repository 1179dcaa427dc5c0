import { rejectSetting } from "../option-error.ts";
import { checkLimits, DEFAULT_LIMITS, type Limits } from "./limits.ts";

/** Whether limits are enforced, or only counted and reported. */
export type Mode = "enforce" | "observe";

/** Limits that many keys share, by name. */
export interface PlanOptions extends Limits {
  /** Each key for itself (if left out), or all keys of an owner together. */
  readonly countBy?: "key" | "owner";
  /** In place of the server's mode. */
  readonly mode?: Mode;
}

/** A plan as it is in force. `mode` can be switched while requests come in. */
export interface Plan {
  readonly name: string;
  readonly limits: Limits;
  readonly countBy: "key" | "owner";
  mode: Mode | undefined;
}

export function checkMode(value: unknown, where: string): Mode {
  if (value === "enforce" || value === "observe") return value;
  return rejectSetting(where, value, '"enforce" or "observe"');
}

/** The plans by name; `default` among them in any case. */
export function checkPlans(value: unknown): ReadonlyMap<string, Plan> {
  if (value !== undefined && (typeof value !== "object" || value === null || Array.isArray(value))) {
    rejectSetting("plans", value, "an object of limits by plan name");
  }
  const plans = new Map<string, Plan>();
  for (const [name, options] of Object.entries({
    default: DEFAULT_LIMITS,
    ...(value as object | undefined),
  })) {
    const where = `plans.${name}`;
    const { countBy = "key", mode, ...limits } = (options ?? {}) as Partial<PlanOptions>;
    if (countBy !== "key" && countBy !== "owner") {
      rejectSetting(`${where}.countBy`, countBy, '"key" or "owner"');
    }
    plans.set(name, {
      name,
      limits: checkLimits(limits, where),
      countBy,
      mode: mode === undefined ? undefined : checkMode(mode, `${where}.mode`),
    });
  }
  return plans;
}
