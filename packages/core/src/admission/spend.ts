import { KeywardError } from "../errors.ts";
import type { ApiKey } from "../keys/record.ts";
import type { Limiter, LimitResult } from "../limits/limiter.ts";
import { whenReady, type MaybePromise } from "../maybe-promise.ts";
import type { Admitted, Decision, Refused, ResponseHeaders } from "./decision.ts";
import { limitHeaders, retryAfterField } from "./headers.ts";
import type { AdmissibleKey, Pipeline } from "./pipeline.ts";
import { refuse } from "./refuse.ts";
import { requestIdOf } from "./request-id.ts";
import type { AdmissionRequest } from "./request.ts";
import { checkScopes } from "./scopes.ts";

/** An admitted request. Its headers are written when they are asked for. */
class AdmittedRequest implements Admitted {
  readonly admitted = true;
  readonly key: ApiKey;
  readonly #pipeline: Pipeline;
  readonly #admissible: AdmissibleKey;
  readonly #result: LimitResult;
  /** What was spent at this mount, and when. */
  readonly #cost: number;
  readonly #atMs: number;
  readonly #requestId: string | undefined;
  /** What a mount before it on the request's way has admitted. */
  readonly #earlier: AdmittedRequest | undefined;

  constructor(
    pipeline: Pipeline,
    admissible: AdmissibleKey,
    result: LimitResult,
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
    const headers = headersOf(this.#pipeline, this.#admissible, this.#result);
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
    const counted = admitted.#result.allowed ? admitted.#cost : 0;
    const earlier = admitted.#earlier;
    return whenReady(limiter.giveBack(subject, limits, counted, admitted.#atMs), () =>
      earlier === undefined ? undefined : AdmittedRequest.giveBack(earlier, limiter),
    );
  }
}

type LimiterThatGivesBack = Pick<Required<Limiter>, "giveBack">;

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
  return consume(pipeline, request, key, costOf(request), undefined, now);
}

/**
 * Goes on with a request that this pipeline admitted before, at an outer mount: nothing is counted
 * twice. The inner mount's scopes must be there, and where its cost is higher the difference is spent.
 * If it refuses, what the outer mount counted is given back.
 *
 * @returns `undefined` if the earlier decision is not one of this pipeline's own
 */
export function continueAdmission(
  pipeline: Pipeline,
  request: AdmissionRequest,
  previous: Decision,
): MaybePromise<Decision> | undefined {
  const earlier = AdmittedRequest.ownedBy(pipeline, previous);
  if (earlier === undefined) return undefined;
  const key = AdmittedRequest.keyOf(earlier);
  const lacking = checkScopes(pipeline, request, key);
  if (lacking !== undefined) return withdraw(pipeline, earlier, lacking);
  const more = costOf(request) - AdmittedRequest.costOf(earlier);
  if (more <= 0) return previous;
  const decision = consume(pipeline, request, key, more, earlier, pipeline.settings.clock());
  return whenReady(decision, (decided) =>
    decided.admitted ? decided : withdraw(pipeline, earlier, decided),
  );
}

/** Uncounts what outer mounts admitted, so that a refused request has cost nothing. */
function withdraw(pipeline: Pipeline, earlier: AdmittedRequest, refused: Refused): MaybePromise<Refused> {
  const { limiter, clock } = pipeline.settings;
  if (!givesBack(limiter)) return refused;
  pipeline.usage.withdrawn(
    AdmittedRequest.keyOf(earlier).record.id,
    clock(),
    AdmittedRequest.costOf(earlier),
  );
  return whenReady(AdmittedRequest.giveBack(earlier, limiter), () => refused);
}

function givesBack(limiter: Limiter): limiter is Required<Limiter> {
  return limiter.giveBack !== undefined;
}

/** `earlier` is what a mount before this one has admitted of the same request. */
function consume(
  pipeline: Pipeline,
  request: AdmissionRequest,
  key: AdmissibleKey,
  cost: number,
  earlier: AdmittedRequest | undefined,
  now: number,
): MaybePromise<Decision> {
  let result: MaybePromise<LimitResult>;
  try {
    result = pipeline.consume(key.subject, key.limits, cost, now);
  } catch (error) {
    return limiterFailed(pipeline, request, key, error);
  }
  if (result instanceof Promise) return settleLater(pipeline, request, key, result, cost, earlier, now);
  return settle(pipeline, request, key, result, cost, earlier, now);
}

/** Apart, so that its closures cost nothing where the limiter answers at once. */
function settleLater(
  pipeline: Pipeline,
  request: AdmissionRequest,
  key: AdmissibleKey,
  result: Promise<LimitResult>,
  cost: number,
  earlier: AdmittedRequest | undefined,
  now: number,
): Promise<Decision> {
  return result.then(
    (settled) => settle(pipeline, request, key, settled, cost, earlier, now),
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
  earlier: AdmittedRequest | undefined,
  now: number,
): Decision {
  const { usage, events } = pipeline;
  const mode = key.plan.mode ?? pipeline.mode;
  if (result.allowed || mode === "observe") {
    const requests = earlier === undefined ? 1 : 0;
    usage.admitted(key.record.id, now, cost, requests, !result.allowed, request);
    const requestId = requestIdOf(request, pipeline.settings.requestIdHeader);
    if (events.hears("admitted")) tellAdmitted(pipeline, request, key, result, cost, requestId);
    return new AdmittedRequest(pipeline, key, result, cost, now, requestId, earlier);
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

function tellAdmitted(
  { events }: Pipeline,
  { ip }: AdmissionRequest,
  { shown: key, limits }: AdmissibleKey,
  { violated, remaining }: LimitResult,
  cost: number,
  requestId: string | undefined,
): void {
  const named = requestId === undefined ? {} : { requestId };
  events.emit("admitted", { key, cost, observed: violated, ip, limits, remaining, ...named });
}

const REACHED = {
  sustained: ({ limits }: AdmissibleKey) => `The key has used its ${limits.rate} requests a second.`,
  burst: ({ limits }: AdmissibleKey) => `The key has used its ${limits.burst} requests in one second.`,
  daily: ({ limits }: AdmissibleKey) => `The key has used its ${limits.daily} requests of this UTC day.`,
} as const;
