import { KeywardError } from "../errors.ts";
import { checkScopes } from "../keys/input.ts";
import { checkOptionNames, rejectOption, rejectSetting } from "../option-error.ts";

/**
 * Checks what a route is mounted with, so that a mistake shows at start and not at the first request.
 * For adapters.
 *
 * @throws KeywardError `invalid-option`
 */
export function checkRequirements(kw: unknown, options: object): void {
  if (typeof (kw as { admit?: unknown } | null | undefined)?.admit !== "function") {
    rejectOption("the kw of keyward(kw)", kw, "what createKeyward() returns");
  }
  checkOptionNames("keyward(kw, options)", options, ["scopes", "cost"]);
  const { scopes, cost } = options as { readonly scopes?: unknown; readonly cost?: unknown };
  if (scopes !== undefined) checkRouteScopes(scopes);
  const isCost = typeof cost === "function" || (Number.isSafeInteger(cost) && (cost as number) >= 0);
  if (cost !== undefined && !isCost) {
    rejectSetting("cost", cost, "a whole number, 0 or more, or a function that returns one");
  }
}

function checkRouteScopes(value: unknown): void {
  try {
    checkScopes(value);
  } catch (error) {
    throw error instanceof KeywardError ? new KeywardError("invalid-option", error.message) : error;
  }
}
