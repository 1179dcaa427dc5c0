import { KeywardError } from "../errors.ts";
import type { ApiKey } from "../keys/record.ts";
import type { LimitResult } from "../limits/limiter.ts";
import { whenReady, type MaybePromise } from "../maybe-promise.ts";
import type { Admitted, Decision, Refused, ResponseHeaders } from "./decision.ts";
import { limitHeaders, retryAfterField } from "./headers.ts";
import type { AdmissibleKey, Pipeline } from "./pipeline.ts";
import { refuse } from "./refuse.ts";
import { requestIdOf } from "./request-id.ts";
import type { AdmissionRequest } from "./request.ts";
import { checkScopes } from "./scopes.ts";

/** What an outer mount admitted. */
interface EarlierAdmission {
  readonly key: AdmissibleKey;
  readonly cost: number;
  /** What of it the limiter counted: nothing that was only observed to be over its limits. */
  readonly counted: number;
  readonly admittedMs: number;
}

/** An admitted request. Its headers are written when they are asked for. */
class AdmittedRequest implements Admitted {
  readonly admitted = true;
  readonly key: ApiKey;
  readonly #pipeline: Pipeline;
  readonly #admissible: AdmissibleKey;
  readonly #result: LimitResult;
  readonly #cost: number;
  readonly #requestId: string | undefined;
  /** When the first of its cost was counted: what is given back is taken from there. */
  #admittedMs: number;

  constructor(
    pipeline: Pipeline,
    admissible: AdmissibleKey,
    result: LimitResult,
    cost: number,
    admittedMs: number,
    requestId: string | undefined,
  ) {
    this.key = admissible.shown;
    this.#pipeline = pipeline;
    this.#admissible = admissible;
    this.#result = result;
    this.#cost = cost;
    this.#admittedMs = admittedMs;
    this.#requestId = requestId;
  }

  get headers(): ResponseHeaders {
    const headers = headersOf(this.#pipeline, this.#admissible, this.#result);
    const { requestIdHeader } = this.#pipeline.settings;
    if (this.#requestId === undefined || requestIdHeader === undefined) return headers;
    return { ...headers, [requestIdHeader]: this.#requestId };
  }

  /** The same decision, for a request whose first part was counted at an earlier time. */
  since(admittedMs: number): this {
    this.#admittedMs = admittedMs;
    return this;
  }

  /** What was admitted, if this is a decision of that pipeline's own. */
  static ownedBy(pipeline: Pipeline, decision: Decision): EarlierAdmission | undefined {
    if (!(decision instanceof AdmittedRequest) || decision.#pipeline !== pipeline) return undefined;
    const cost = decision.#cost;
    const counted = decision.#result.allowed ? cost : 0;
    return { key: decision.#admissible, cost, counted, admittedMs: decision.#admittedMs };
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
  const lacking = checkScopes(pipeline, request, earlier.key);
  if (lacking !== undefined) return withdraw(pipeline, earlier, lacking);
  const more = costOf(request) - earlier.cost;
  if (more <= 0) return previous;
  const decision = consume(pipeline, request, earlier.key, more, 0, pipeline.settings.clock());
  return whenReady(decision, (decided) =>
    decided.admitted ? decided : withdraw(pipeline, earlier, decided),
  );
}

/** Uncounts what an outer mount admitted, so that a refused request has cost nothing. */
function withdraw(
  pipeline: Pipeline,
  { key, cost, counted, admittedMs }: EarlierAdmission,
  refused: Refused,
): MaybePromise<Refused> {
  const { limiter, clock } = pipeline.settings;
  if (limiter.giveBack === undefined) return refused;
  pipeline.usage.withdrawn(key.record.id, clock(), cost);
  const given = limiter.giveBack(key.subject, key.limits, counted, admittedMs);
  return whenReady(given, () => refused);
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
    usage.admitted(key.record.id, now, cost, requests, !result.allowed, request);
    const requestId = requestIdOf(request, pipeline.settings.requestIdHeader);
    if (events.hears("admitted")) tellAdmitted(pipeline, request, key, result, cost, requestId);
    return new AdmittedRequest(
      pipeline,
      key,
      result,
      requests === 0 ? costOf(request) : cost,
      now,
      requestId,
    );
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
