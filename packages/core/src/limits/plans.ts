import { KeywardError } from "../errors.ts";
import { checkLimits, DEFAULT_LIMITS, type Limits } from "./limits.ts";

/** True if limits are enforced, or only counted and reported. */
export type Mode = "enforce" | "observe";

/** The limits of a plan. Its own apply to each key line. At least one limit is set. */
export interface PlanOptions extends Limits {
  /** Limits for all keys of one owner together. */
  readonly owner?: Limits | undefined;
  /** Limits by budget name, for each owner. They are charged only by routes that name them. */
  readonly budgets?: Readonly<Record<string, Limits>> | undefined;
  /** In place of the server's mode. */
  readonly mode?: Mode | undefined;
}

/** A plan as it is configured: limits, or none at all. */
export type PlanInput = PlanOptions | "unlimited";

/** A plan, checked and complete. */
export interface Plan {
  readonly name: string;
  /** Limits of each key line. */
  readonly limits: Limits | undefined;
  /** Limits of each owner. */
  readonly owner: Limits | undefined;
  readonly budgets: ReadonlyMap<string, Limits>;
  readonly isUnlimited: boolean;
  /** Can be switched while requests come in. */
  mode: Mode | undefined;
}

/** Form of budget names. `owner` is the name of the owner's own limits. */
const BUDGET_NAME = /^[a-z][a-z0-9-]*$/;

function fail(message: string): never {
  throw new KeywardError("invalid-option", message);
}

/** @throws KeywardError `invalid-option` */
export function checkMode(value: unknown, path: string): Mode {
  if (value === "enforce" || value === "observe") return value;
  return fail(`${path} must be "enforce" or "observe"; got ${show(value)}.`);
}

/**
 * Checks the option `plans`.
 *
 * @returns the plans by name; `default` is always among them
 * @throws KeywardError `invalid-option` that names the field, and says what is accepted
 */
export function checkPlans(value: unknown): ReadonlyMap<string, Plan> {
  if (value !== undefined && (typeof value !== "object" || value === null || Array.isArray(value))) {
    fail(`plans must be an object of limits by plan name; got ${show(value)}.`);
  }
  const inputs = Object.entries({ default: DEFAULT_LIMITS, ...(value as object | undefined) });
  return new Map(inputs.map(([name, input]) => [name, checkPlan(name, input)]));
}

function checkPlan(name: string, input: unknown): Plan {
  const path = `plans.${name}`;
  if (name.trim() === "") fail("plans: a plan's name must not be empty.");
  if (input === "unlimited") {
    return {
      name,
      limits: undefined,
      owner: undefined,
      budgets: new Map(),
      isUnlimited: true,
      mode: undefined,
    };
  }
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    fail(`${path} must be an object of limits or "unlimited"; got ${show(input)}.`);
  }
  const { owner, budgets, mode, ...own } = input as PlanOptions;
  const hasOwn = Object.values(own).some((each) => each !== undefined);
  const plan: Plan = {
    name,
    limits: hasOwn ? checkLimits(own, path) : undefined,
    owner: owner === undefined ? undefined : checkLimits(owner, `${path}.owner`),
    budgets: checkBudgets(budgets, `${path}.budgets`),
    isUnlimited: false,
    mode: mode === undefined ? undefined : checkMode(mode, `${path}.mode`),
  };
  if (plan.limits === undefined && plan.owner === undefined && plan.budgets.size === 0) {
    fail(`${path} must have at least one limit, or be "unlimited".`);
  }
  return plan;
}

function checkBudgets(value: unknown, path: string): ReadonlyMap<string, Limits> {
  if (value === undefined) return new Map();
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fail(`${path} must be an object of limits by budget name; got ${show(value)}.`);
  }
  return new Map(
    Object.entries(value).map(([name, limits]) => {
      if (!BUDGET_NAME.test(name) || name === "owner") {
        fail(
          `${path}: a budget's name must be lower-case letters, digits and hyphens, begin with a letter, and not be "owner"; got ${show(name)}.`,
        );
      }
      return [name, checkLimits(limits, `${path}.${name}`)];
    }),
  );
}

/** All budget names that any plan defines. */
export function budgetNames(plans: ReadonlyMap<string, Plan>): ReadonlySet<string> {
  return new Set([...plans.values()].flatMap(({ budgets }) => [...budgets.keys()]));
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  return Array.isArray(value) ? "an array" : String(value);
}
