import { grantsScope } from "../keys/scopes.ts";
import type { Refusal } from "./refusal.ts";

/** Refuses a key that lacks one of the scopes in `all`, or all of those in `any`. */
export function checkScopes(
  granted: readonly string[],
  all: readonly string[] | undefined,
  any: readonly string[] | undefined,
): Refusal | undefined {
  if (all !== undefined && all.length > 0) {
    const missing = all.filter((scope) => !grantsScope(granted, scope));
    if (missing.length > 0) return insufficientScope(all, missing);
  }
  if (any === undefined || any.length === 0 || any.some((scope) => grantsScope(granted, scope)))
    return undefined;
  const detail = `This request requires one of the scopes ${any.join(", ")}. The key does not have any of them.`;
  return { code: "insufficient-scope", detail, requiredScopes: any };
}

function insufficientScope(required: readonly string[], missing: readonly string[]): Refusal {
  const one = missing.length === 1 && required.length === 1;
  const detail = one
    ? `This request requires the scope ${required[0]}. The key does not have it.`
    : `This request requires the scopes ${required.join(", ")}. The key does not have ${missing.join(", ")}.`;
  return { code: "insufficient-scope", detail, requiredScopes: required };
}
