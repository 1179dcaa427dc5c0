import { checkFutureDate, checkText } from "./keys/input.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import type { ClaimStore } from "./store/claim-store.ts";

const MAX_NAME_LENGTH = 1000;

/**
 * Claims a name in the store.
 *
 * @throws KeywardError `invalid-input`
 */
export function claim(
  store: ClaimStore,
  { name, until }: { readonly name: unknown; readonly until: unknown },
  now: number,
): MaybePromise<boolean> {
  return store.claim(checkText(name, "name", MAX_NAME_LENGTH), checkFutureDate(until, "until", now));
}
