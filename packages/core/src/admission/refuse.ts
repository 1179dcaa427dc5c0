import type { Policy } from "../limits/limits.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { Refused, ResponseHeaders } from "./decision.ts";
import { attemptHeaders, challengeField } from "./headers.ts";
import type { AdmissibleKey, Pipeline } from "./pipeline.ts";
import { problemOf, type ProblemCode } from "./refusals.ts";
import { requestIdOf } from "./request-id.ts";
import { addressOf, type AdmissionRequest } from "./request.ts";

interface RefusalDetails {
  readonly key?: AdmissibleKey;
  readonly detail?: string;
  readonly scopes?: readonly string[];
  readonly violated?: readonly Policy[];
  readonly headers?: ResponseHeaders;
}

/** Builds the refusal of a request, and tells who listens. */
export function refuse(
  { settings, events }: Pipeline,
  request: AdmissionRequest,
  code: ProblemCode,
  details: RefusalDetails = {},
): Refused {
  const problem = problemOf(code, settings.problemTypeBase, details);
  const requestId = requestIdOf(request, settings.requestIdHeader);
  if (events.hears("refused")) {
    events.emit("refused", {
      code,
      status: problem.status,
      ip: addressOf(request) ?? "",
      ...(details.key !== undefined && { key: details.key.shown }),
      violated: details.violated ?? [],
      ...(requestId !== undefined && { requestId }),
    });
  }
  return {
    admitted: false,
    status: problem.status,
    problem,
    headers: {
      "Content-Type": "application/problem+json",
      "Cache-Control": "no-store",
      ...(problem.status === 401 && { "WWW-Authenticate": challengeField(settings.realm, settings.header) }),
      ...details.headers,
      ...(requestId !== undefined && { [settings.requestIdHeader as string]: requestId }),
    },
  };
}

/**
 * Refuses a request without a valid key, and counts it against the client's address. One that is over
 * its count is told so instead, whatever it sent.
 */
export function refuseAttempt(
  pipeline: Pipeline,
  request: AdmissionRequest,
  code: "missing-api-key" | "invalid-api-key",
): MaybePromise<Refused> {
  if (pipeline.attempts === undefined) return refuse(pipeline, request, code);
  return pipeline.attempts
    .fail(addressOf(request))
    .then((waitMs) => refuseForAttempts(pipeline, request, waitMs) ?? refuse(pipeline, request, code));
}

/** Refuses to look up a key without proof for a client that has failed too often. Counts no failure. */
export function refuseLookUp(
  pipeline: Pipeline,
  request: AdmissionRequest,
): MaybePromise<Refused | undefined> {
  return pipeline.attempts
    ?.lookUp(addressOf(request))
    .then((waitMs) => refuseForAttempts(pipeline, request, waitMs));
}

function refuseForAttempts(
  pipeline: Pipeline,
  request: AdmissionRequest,
  waitMs: number,
): Refused | undefined {
  const { failedAttempts } = pipeline.settings;
  if (waitMs === 0 || failedAttempts === undefined) return undefined;
  const headers = attemptHeaders(failedAttempts.limit, failedAttempts.windowMs, waitMs);
  return refuse(pipeline, request, "too-many-failed-attempts", { headers });
}
