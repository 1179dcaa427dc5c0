import type { Refused } from "@keyward/core";

/** A key that `keySignIn` did not refuse for good: the response is that of `kw.admit`. */
export class RefusedKey extends Error {
  readonly refusal: Refused;

  constructor(refusal: Refused) {
    super(refusal.problem.detail);
    this.name = "RefusedKey";
    this.refusal = refusal;
  }
}
