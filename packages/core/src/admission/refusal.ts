import type { Policy } from "../limits/limits.ts";
import type { ResponseHeaders } from "./decision.ts";
import type { ProblemCode } from "./refusals.ts";

/** A refusal by a step, as plain data. Only the admission turns it into a response. */
export interface Refusal {
  readonly code: ProblemCode;
  /** In place of the general text of the code. */
  readonly detail?: string | undefined;
  readonly violated?: readonly Policy[] | undefined;
  readonly requiredScopes?: readonly string[] | undefined;
  readonly headers?: ResponseHeaders | undefined;
}
