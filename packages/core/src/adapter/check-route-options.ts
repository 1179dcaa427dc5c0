import { KeywardError } from "../errors.ts";
import { rejectOption } from "../option-error.ts";
import { checkScopeList } from "../keys/scopes.ts";
import type { Configuration } from "../configuration.ts";
import type { Keyward } from "../keyward.ts";
import { isTag } from "../usage/tag.ts";
import type { RouteOptions } from "./route-options.ts";

/** Checks one option that is set. `accepted` ends the sentence "cost must be …". */
interface OptionCheck {
  readonly accepted: (configuration: Configuration) => string;
  readonly isValid: (value: unknown, configuration: Configuration) => boolean;
}

type RouteOptionName = keyof RouteOptions<readonly unknown[]>;

const FUNCTION: OptionCheck = { accepted: () => "a function", isValid: isFunction };
const SCOPES: OptionCheck = {
  accepted: ({ scopes }) =>
    scopes === undefined
      ? 'an array of scopes without wildcards, such as ["reports:read"]'
      : `an array of the server's scopes: ${Object.keys(scopes).join(", ")}`,
  isValid: areScopes,
};

/** Every option that a route can have. */
const CHECKS: Readonly<Record<RouteOptionName, OptionCheck>> = {
  scopes: SCOPES,
  anyScope: SCOPES,
  cost: { accepted: () => "a whole number, 0 or more, or a function that returns one", isValid: isCost },
  budgets: {
    accepted: (configuration) => `an object of costs by budget name; ${describeBudgets(configuration)}`,
    isValid: areBudgets,
  },
  settle: {
    accepted: ({ canSettle }) =>
      canSettle ? "a function" : "left out: the limiter of this Keyward cannot correct a cost afterwards",
    isValid: (value, { canSettle }) => isFunction(value) && canSettle,
  },
  anonymous: {
    accepted: (configuration) =>
      `the name of a plan with its own limits; there are ${limitedPlans(configuration).join(", ")}`,
    isValid: (value, configuration) => (limitedPlans(configuration) as readonly unknown[]).includes(value),
  },
  tag: { accepted: () => "a text of 1 to 100 characters", isValid: isTag },
  skip: FUNCTION,
  onRefused: FUNCTION,
  preflight: {
    accepted: () => '"pass" or "check"',
    isValid: (value) => value === "pass" || value === "check",
  },
};

/**
 * Checks the options of a route when it is mounted, so that a mistake shows at start.
 *
 * @param names the names of further options that the adapter has, and checks itself
 * @throws KeywardError `invalid-option`
 */
export function checkRouteOptions(kw: Keyward, options: object, names: readonly string[] = []): void {
  checkKeyward(kw);
  if (typeof options !== "object" || options === null)
    rejectOption("keyward() options", options, "an object");
  const configuration = kw.configuration();
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (names.includes(name)) continue;
    if (!Object.hasOwn(CHECKS, name)) {
      fail(
        `keyward() has no option ${show(name)}; there are ${[...Object.keys(CHECKS), ...names].join(", ")}.`,
      );
    }
    const { accepted, isValid } = CHECKS[name as RouteOptionName];
    if (value !== undefined && !isValid(value, configuration)) {
      fail(`${name} must be ${accepted(configuration)}; got ${show(value)}.`);
    }
  }
}

/**
 * Checks that an adapter was given a Keyward.
 *
 * @throws KeywardError `invalid-option`
 */
export function checkKeyward(kw: unknown): asserts kw is Keyward {
  const { admit, configuration } = (kw ?? {}) as Partial<Keyward>;
  if (typeof admit === "function" && typeof configuration === "function") return;
  const hint =
    typeof (kw as { then?: unknown } | null)?.then === "function" ? " Await the promise first." : "";
  if (typeof kw === "string") rejectOption("kw", kw, "the result of createKeyward()");
  fail(`kw must be the result of createKeyward(); got ${show(kw)}.${hint}`);
}

function fail(message: string): never {
  throw new KeywardError("invalid-option", message);
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? showArray(value) : showObject(value);
  return String(value);
}

function showArray(values: readonly unknown[]): string {
  return `[${values.slice(0, 5).map(show).join(", ")}${values.length > 5 ? ", …" : ""}]`;
}

function showObject(value: object): string {
  if (typeof (value as { then?: unknown }).then === "function") return "a promise";
  const names = Object.keys(value).slice(0, 5);
  return names.length === 0 ? "an object" : `an object with ${names.join(", ")}`;
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function isCost(value: unknown): boolean {
  return isFunction(value) || (Number.isSafeInteger(value) && (value as number) >= 0);
}

function areScopes(value: unknown, { scopes: catalogue }: Configuration): boolean {
  try {
    return !checkScopeList(value, catalogue).some((scope) => scope.endsWith(":*"));
  } catch (error) {
    if (error instanceof KeywardError) return false;
    throw error;
  }
}

function areBudgets(value: unknown, configuration: Configuration): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const budgets = budgetsOf(configuration);
  return Object.entries(value).every(([name, cost]) => budgets.has(name) && isCost(cost));
}

function budgetsOf({ plans }: Configuration): ReadonlySet<string> {
  return new Set(plans.flatMap(({ budgets = {} }) => Object.keys(budgets)));
}

function describeBudgets(configuration: Configuration): string {
  const names = [...budgetsOf(configuration)];
  return names.length === 0 ? "no plan defines a budget" : `plans define ${names.join(", ")}`;
}

/** Plans that limit single clients. Anonymous requests belong to no owner. */
function limitedPlans({ plans }: Configuration): readonly string[] {
  return plans.filter(({ limits }) => limits !== undefined).map(({ name }) => name);
}
