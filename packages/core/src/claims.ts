import { isDate } from "node:util/types";
import { KeywardError } from "./errors.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import type { ClaimStore } from "./store/claim-store.ts";

const MAX_NAME_LENGTH = 1000;
/** PostgreSQL cannot store the character NUL, and UTF-8 has no unpaired surrogates. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;

/**
 * Claims a name in the store.
 *
 * @throws KeywardError `invalid-input`
 */
export function claim(store: ClaimStore, name: unknown, until: unknown): MaybePromise<boolean> {
  if (typeof name !== "string" || name === "" || name.length > MAX_NAME_LENGTH || UNSTORABLE.test(name)) {
    throw new KeywardError(
      "invalid-input",
      `name must be text of 1 to ${MAX_NAME_LENGTH} characters without control characters; got ${typeof name}.`,
      { field: "name" },
    );
  }
  const endsAt = isDate(until) ? until.getTime() : Number.NaN;
  if (Number.isNaN(endsAt)) {
    throw new KeywardError("invalid-input", `until must be a valid Date; got ${String(until)}.`, {
      field: "until",
    });
  }
  return store.claim(name, endsAt);
}
