import { KeywardError } from "../errors.ts";
import { checkScopes } from "../keys/input.ts";

/**
 * Checks what a route is mounted with, so that a mistake shows at start and not at the first request.
 * For adapters.
 *
 * @throws KeywardError `invalid-option`
 */
export function checkRequirements(kw: unknown, options: object): void {
  if (typeof (kw as { admit?: unknown } | null | undefined)?.admit !== "function") {
    throw new KeywardError(
      "invalid-option",
      `keyward(kw): got ${String(kw)}, wants what createKeyward() gives.`,
    );
  }
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (name === "scopes") {
      if (value !== undefined) checkRouteScopes(value);
    } else if (name === "cost") {
      if (
        value !== undefined &&
        typeof value !== "function" &&
        !(Number.isSafeInteger(value) && (value as number) >= 0)
      ) {
        throw new KeywardError(
          "invalid-option",
          `cost: got ${String(value)}, wants a whole number, 0 or more, or a function that gives one.`,
        );
      }
    } else {
      throw new KeywardError(
        "invalid-option",
        `keyward(kw, options): has no option "${name}"; there are scopes and cost.`,
      );
    }
  }
}

function checkRouteScopes(value: unknown): void {
  try {
    checkScopes(value);
  } catch (error) {
    throw error instanceof KeywardError ? new KeywardError("invalid-option", error.message) : error;
  }
}
