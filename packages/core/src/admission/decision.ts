import type { ApiKey } from "../keys/record.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { Problem } from "./refusals.ts";

/** Response headers, by the names to send them under. */
export type ResponseHeaders = Readonly<Record<string, string>>;

/** The real cost of a request, in place of what it was charged. Costs that are left out stay. */
export interface Settlement {
  /** For the key line and the owner. */
  readonly cost?: number | undefined;
  /** By budget. A budget that the request was not charged for is charged now. */
  readonly budgets?: Readonly<Record<string, number>> | undefined;
}

/** The request is admitted; its response gets these headers. */
export interface Admitted {
  readonly admitted: true;
  /** `undefined` for an anonymous request. */
  readonly key: ApiKey | undefined;
  /** The name of the plan that applies to the request. */
  readonly plan: string;
  readonly headers: ResponseHeaders;
  /**
   * Corrects the cost once it is known. A refund applies to calendar quotas and budgets, a surcharge to everything; see the documentation
   * of settling. A second call changes nothing.
   *
   * @throws KeywardError `invalid-input` for an invalid cost, or a budget that no plan defines
   */
  settle(settlement: Settlement): MaybePromise<void>;
}

/** The request is refused: the response has this status, these headers, and `problem` as its JSON body. */
export interface Refused {
  readonly admitted: false;
  readonly status: number;
  readonly problem: Problem;
  readonly headers: ResponseHeaders;
}

/** The decision of `kw.admit`. It is a value; only mistakes of the caller throw. */
export type Decision = Admitted | Refused;
