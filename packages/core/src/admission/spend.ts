import { KeywardError } from "../errors.ts";
import type { ApiKey } from "../keys/record.ts";
import type { LimitResult } from "../limits/limiter.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { Admitted, Decision, Refused, ResponseHeaders } from "./decision.ts";
import { limitHeaders, retryAfterField } from "./headers.ts";
import type { AdmissibleKey, Pipeline } from "./pipeline.ts";
import { refuse } from "./refuse.ts";
import type { AdmissionRequest } from "./request.ts";
import { checkScopes } from "./scopes.ts";

/** An admitted request. Its headers are written when they are asked for. */
class AdmittedRequest implements Admitted {
  readonly admitted = true;
  readonly key: ApiKey;
  readonly #pipeline: Pipeline;
  readonly #admissible: AdmissibleKey;
  readonly #result: LimitResult;
  readonly #cost: number;

  constructor(pipeline: Pipeline, admissible: AdmissibleKey, result: LimitResult, cost: number) {
    this.key = admissible.shown;
    this.#pipeline = pipeline;
    this.#admissible = admissible;
    this.#result = result;
    this.#cost = cost;
  }

  get headers(): ResponseHeaders {
    return headersOf(this.#pipeline, this.#admissible, this.#result);
  }

  /** What was admitted, if this is a decision of that pipeline's own. */
  static ownedBy(pipeline: Pipeline, decision: Decision): { key: AdmissibleKey; cost: number } | undefined {
    if (!(decision instanceof AdmittedRequest) || decision.#pipeline !== pipeline) return undefined;
    return { key: decision.#admissible, cost: decision.#cost };
  }
}

function headersOf({ settings }: Pipeline, key: AdmissibleKey, result: LimitResult): ResponseHeaders {
  const legacyAt = settings.legacyHeaders ? settings.clock() : undefined;
  return limitHeaders(key.policyField, key.limits, result, legacyAt);
}

function costOf(request: AdmissionRequest): number {
  const { cost } = request;
  if (cost === undefined) return 1;
  if (Number.isSafeInteger(cost) && cost >= 0) return cost;
  throw new KeywardError("invalid-input", `cost: got ${String(cost)}, wants a whole number, 0 or more.`);
}

/** Counts the request against the key's limits: the last step, after which it is admitted or refused. */
export function spend(
  pipeline: Pipeline,
  request: AdmissionRequest,
  key: AdmissibleKey,
  now: number,
): MaybePromise<Decision> {
  return consume(pipeline, request, key, costOf(request), 1, now);
}

/**
 * Goes on with a request that this pipeline admitted before, at an outer mount: nothing is counted
 * twice. The inner mount's scopes must be there, and where its cost is higher the difference is spent.
 * `undefined` if the earlier decision is not one of this pipeline's own.
 */
export function continueAdmission(
  pipeline: Pipeline,
  request: AdmissionRequest,
  previous: Decision,
): MaybePromise<Decision> | undefined {
  const earlier = AdmittedRequest.ownedBy(pipeline, previous);
  if (earlier === undefined) return undefined;
  const lacking = checkScopes(pipeline, request, earlier.key);
  if (lacking !== undefined) return lacking;
  const more = costOf(request) - earlier.cost;
  return more <= 0 ? previous : consume(pipeline, request, earlier.key, more, 0, pipeline.settings.clock());
}

/** `requests` is 0 where the request itself was recorded before. */
function consume(
  pipeline: Pipeline,
  request: AdmissionRequest,
  key: AdmissibleKey,
  cost: number,
  requests: 0 | 1,
  now: number,
): MaybePromise<Decision> {
  let result: MaybePromise<LimitResult>;
  try {
    result = pipeline.consume(key.subject, key.limits, cost, now);
  } catch (error) {
    return limiterFailed(pipeline, request, key, error);
  }
  if (result instanceof Promise) return settleLater(pipeline, request, key, result, cost, requests, now);
  return settle(pipeline, request, key, result, cost, requests, now);
}

/** Apart, so that its closures cost nothing where the limiter answers at once. */
function settleLater(
  pipeline: Pipeline,
  request: AdmissionRequest,
  key: AdmissibleKey,
  result: Promise<LimitResult>,
  cost: number,
  requests: 0 | 1,
  now: number,
): Promise<Decision> {
  return result.then(
    (settled) => settle(pipeline, request, key, settled, cost, requests, now),
    (error: unknown) => limiterFailed(pipeline, request, key, error),
  );
}

function limiterFailed(
  pipeline: Pipeline,
  request: AdmissionRequest,
  key: AdmissibleKey,
  error: unknown,
): Refused {
  pipeline.events.emit("limiter.failed", { error });
  return refuse(pipeline, request, "limiter-unavailable", { key, headers: { "Retry-After": "1" } });
}

/** Makes the limiter's answer a decision, and records it. */
function settle(
  pipeline: Pipeline,
  request: AdmissionRequest,
  key: AdmissibleKey,
  result: LimitResult,
  cost: number,
  requests: 0 | 1,
  now: number,
): Decision {
  const { usage, events } = pipeline;
  const mode = key.plan.mode ?? pipeline.mode;
  if (result.allowed || mode === "observe") {
    usage.admitted(key.record.id, now, cost, requests, !result.allowed);
    if (events.hears("admitted"))
      events.emit("admitted", { key: key.shown, cost, observed: result.violated });
    return new AdmittedRequest(pipeline, key, result, requests === 0 ? costOf(request) : cost);
  }
  usage.refused(key.record.id, now, result.violated);
  const headers = headersOf(pipeline, key, result);
  const { violated, retryAfterMs } = result;
  if (retryAfterMs === Number.POSITIVE_INFINITY) {
    return refuse(pipeline, request, "cost-exceeds-limits", { key, headers });
  }
  return refuse(pipeline, request, "rate-limit-exceeded", {
    key,
    violated,
    detail: `${REACHED[violated.at(-1) ?? "sustained"](key)} Wait ${retryAfterField(retryAfterMs)} s, then go on.`,
    headers: { ...headers, "Retry-After": retryAfterField(retryAfterMs) },
  });
}

const REACHED = {
  sustained: ({ limits }: AdmissibleKey) => `The key has used its ${limits.rate} requests a second.`,
  burst: ({ limits }: AdmissibleKey) => `The key has used its ${limits.burst} requests in one second.`,
  daily: ({ limits }: AdmissibleKey) => `The key has used its ${limits.daily} requests of this UTC day.`,
} as const;
