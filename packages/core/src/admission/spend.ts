import type { LimitResult } from "../limits/limiter.ts";
import type { Mode } from "../limits/plans.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import { AdmittedRequest, headersOf } from "./admitted-request.ts";
import type { Decision, Refused } from "./decision.ts";
import { retryAfterField } from "./headers.ts";
import type { AdmissibleKey, Pipeline } from "./pipeline.ts";
import { refuse } from "./refuse.ts";
import { requestIdOf } from "./request-id.ts";
import { addressOf, costOf, type AdmissionRequest } from "./request.ts";

/** Counts the request against the key's limits: the last step, after which it is admitted or refused. */
export function spend(
  pipeline: Pipeline,
  request: AdmissionRequest,
  key: AdmissibleKey,
  now: number,
): MaybePromise<Decision> {
  return consume(pipeline, request, key, costOf(request), undefined, now);
}

/** @param earlier what a mount before this one has admitted of the same request */
export function consume(
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
    return (
      limiterFailed(pipeline, request, key, error) ??
      settle(pipeline, request, key, undefined, cost, earlier, now)
    );
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
    (error: unknown) =>
      limiterFailed(pipeline, request, key, error) ??
      settle(pipeline, request, key, undefined, cost, earlier, now),
  );
}

/** Refuses what cannot be counted. `undefined` in observe mode: limits refuse nobody there, and neither does their failure. */
function limiterFailed(
  pipeline: Pipeline,
  request: AdmissionRequest,
  key: AdmissibleKey,
  error: unknown,
): Refused | undefined {
  pipeline.events.emit("limiter.failed", { error });
  if (modeOf(pipeline, key) === "observe") return undefined;
  return refuse(pipeline, request, "limiter-unavailable", { key, headers: { "Retry-After": "1" } });
}

function modeOf(pipeline: Pipeline, key: AdmissibleKey): Mode {
  return key.plan.mode ?? pipeline.mode;
}

/** Makes the limiter's answer a decision, and records it. There is no answer where the limiter failed in observe mode. */
function settle(
  pipeline: Pipeline,
  request: AdmissionRequest,
  key: AdmissibleKey,
  result: LimitResult | undefined,
  cost: number,
  earlier: AdmittedRequest | undefined,
  now: number,
): Decision {
  const { usage, events } = pipeline;
  if (result === undefined || result.allowed || modeOf(pipeline, key) === "observe") {
    const requests = earlier === undefined ? 1 : 0;
    usage.admitted(key.record.id, now, cost, requests, result?.allowed === false, request);
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
  request: AdmissionRequest,
  { shown: key, limits }: AdmissibleKey,
  result: LimitResult | undefined,
  cost: number,
  requestId: string | undefined,
): void {
  events.emit("admitted", {
    key,
    cost,
    observed: result?.violated ?? [],
    ip: addressOf(request) ?? "",
    limits,
    ...(result !== undefined && { remaining: result.remaining }),
    ...(requestId !== undefined && { requestId }),
  });
}

const REACHED = {
  sustained: ({ limits }: AdmissibleKey) => `The key has used its ${limits.rate} requests a second.`,
  burst: ({ limits }: AdmissibleKey) => `The key has used its ${limits.burst} requests in one second.`,
  daily: ({ limits }: AdmissibleKey) => `The key has used its ${limits.daily} requests of this UTC day.`,
} as const;
