import { KeywardError } from "../errors.ts";

/** Descriptions of scopes by name: `{ "reports:read": "Read reports" }`. */
export type ScopeCatalogue = Readonly<Record<string, string>>;

/** The form of a scope: letters, digits and `. : / _ -`, or a wildcard such as `reports:*`. */
const SCOPE = /^[\w./-]+(?::[\w./-]+)*(?::\*)?$/;

const MAX_SCOPES = 100;
const MAX_SCOPE_LENGTH = 100;

/** The end of a scope that grants every scope below it: `reports:*` grants `reports:read`. */
const WILDCARD = ":*";

/** Scopes that begin with this are Keyward's own: no wildcard grants them. */
export const RESERVED_SCOPES = "keyward:";

/** True if one of the granted scopes grants `scope`. */
export function grantsScope(granted: readonly string[], scope: string): boolean {
  if (granted.includes(scope)) return true;
  if (scope.startsWith(RESERVED_SCOPES)) return false;
  return granted.some((each) => each.endsWith(WILDCARD) && scope.startsWith(each.slice(0, -1)));
}

function fail(message: string): never {
  throw new KeywardError("invalid-input", message, { field: "scopes" });
}

/**
 * Checks the scopes of a key or a route.
 *
 * @param catalogue the known scopes; without one, every scope is accepted that has the form of one
 * @throws KeywardError `invalid-input`
 */
export function checkScopeList(value: unknown, catalogue?: ScopeCatalogue): readonly string[] {
  if (!Array.isArray(value) || value.length > MAX_SCOPES)
    fail(`scopes must be an array of at most ${MAX_SCOPES} scopes.`);
  for (const scope of value) {
    if (typeof scope !== "string" || scope.length > MAX_SCOPE_LENGTH || !SCOPE.test(scope)) {
      fail(
        `scopes: each must be 1 to ${MAX_SCOPE_LENGTH} letters, digits and . : / _ - such as reports:write, or a wildcard such as reports:*; got ${show(scope)}.`,
      );
    }
    if (catalogue !== undefined && !isKnown(scope, catalogue)) {
      fail(`scopes: ${show(scope)} is not one of the server's scopes: ${Object.keys(catalogue).join(", ")}.`);
    }
  }
  return Object.freeze([...new Set(value as string[])]);
}

/** True if a scope is in the catalogue, or a wildcard for one that is. Reserved scopes are always known. */
function isKnown(scope: string, catalogue: ScopeCatalogue): boolean {
  if (Object.hasOwn(catalogue, scope) || scope.startsWith(RESERVED_SCOPES)) return true;
  return scope.endsWith(WILDCARD) && Object.keys(catalogue).some((name) => grantsScope([scope], name));
}

function show(scope: unknown): string {
  return typeof scope === "string" ? JSON.stringify(scope.slice(0, 60)) : String(scope);
}
