import type { ApiKey } from "../keys/record.ts";
import type { Limiter, LimitResult } from "../limits/limiter.ts";
import { whenReady, type MaybePromise } from "../maybe-promise.ts";
import type { Admitted, Decision, ResponseHeaders } from "./decision.ts";
import { limitHeaders } from "./headers.ts";
import type { AdmissibleKey, Pipeline } from "./pipeline.ts";

/** An admitted request. Its headers are written when they are asked for. */
export class AdmittedRequest implements Admitted {
  readonly admitted = true;
  readonly key: ApiKey;
  readonly #pipeline: Pipeline;
  readonly #admissible: AdmissibleKey;
  /** Not there where the limiter failed in observe mode. */
  readonly #result: LimitResult | undefined;
  /** What was spent at this mount, and when. */
  readonly #cost: number;
  readonly #atMs: number;
  readonly #requestId: string | undefined;
  /** What a mount before it on the request's way has admitted. */
  readonly #earlier: AdmittedRequest | undefined;

  constructor(
    pipeline: Pipeline,
    admissible: AdmissibleKey,
    result: LimitResult | undefined,
    cost: number,
    atMs: number,
    requestId: string | undefined,
    earlier: AdmittedRequest | undefined,
  ) {
    this.key = admissible.shown;
    this.#pipeline = pipeline;
    this.#admissible = admissible;
    this.#result = result;
    this.#cost = cost;
    this.#atMs = atMs;
    this.#requestId = requestId;
    this.#earlier = earlier;
  }

  get headers(): ResponseHeaders {
    const headers =
      this.#result === undefined ? {} : headersOf(this.#pipeline, this.#admissible, this.#result);
    const { requestIdHeader } = this.#pipeline.settings;
    if (this.#requestId === undefined || requestIdHeader === undefined) return headers;
    return { ...headers, [requestIdHeader]: this.#requestId };
  }

  /** The decision, if it is one of that pipeline's own. */
  static ownedBy(pipeline: Pipeline, decision: Decision): AdmittedRequest | undefined {
    return decision instanceof AdmittedRequest && decision.#pipeline === pipeline ? decision : undefined;
  }

  static keyOf(admitted: AdmittedRequest): AdmissibleKey {
    return admitted.#admissible;
  }

  /** What the request has cost so far, at all its mounts. */
  static costOf(admitted: AdmittedRequest): number {
    return admitted.#cost + (admitted.#earlier === undefined ? 0 : AdmittedRequest.costOf(admitted.#earlier));
  }

  /** Gives back what each mount has counted, from when it did. What was only observed to be over its limits was not counted. */
  static giveBack(admitted: AdmittedRequest, limiter: LimiterThatGivesBack): MaybePromise<void> {
    const { subject, limits } = admitted.#admissible;
    const counted = admitted.#result?.allowed === true ? admitted.#cost : 0;
    const earlier = admitted.#earlier;
    return whenReady(limiter.giveBack(subject, limits, counted, admitted.#atMs), () =>
      earlier === undefined ? undefined : AdmittedRequest.giveBack(earlier, limiter),
    );
  }
}

type LimiterThatGivesBack = Pick<Required<Limiter>, "giveBack">;

/** What the answer to a request says of its key's limits. */
export function headersOf({ settings }: Pipeline, key: AdmissibleKey, result: LimitResult): ResponseHeaders {
  const legacyAt = settings.legacyHeaders ? settings.clock() : undefined;
  return limitHeaders(key.policyField, key.limits, result, legacyAt);
}
