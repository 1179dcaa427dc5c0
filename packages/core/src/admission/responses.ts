import { normalizeAddress } from "../addresses/normalize-address.ts";
import type { EventDispatcher } from "../events.ts";
import type { ApiKey } from "../keys/record.ts";
import type { Policy } from "../limits/limits.ts";
import { rulesOf } from "../limits/rules.ts";
import type { Settings } from "../options.ts";
import { chargesOf, singleResult, type AdmittedRequest } from "./admitted-request.ts";
import type { Refused, ResponseHeaders } from "./decision.ts";
import { challengeField, limitHeaders, limitOf, singleLimitHeaders, type ChargedLimits } from "./headers.ts";
import { KEY_ENDING_HEADER } from "./key-ending.ts";
import type { Refusal } from "./refusal.ts";
import { problemOf } from "./refusals.ts";
import { requestIdOf } from "./request-id.ts";
import type { AdmissionRequest } from "./request.ts";

/** Turns the outcome of the steps into decisions: writes headers, emits events, and makes request ids. */
export class Responses {
  readonly #settings: Settings;
  readonly #events: EventDispatcher;

  constructor(settings: Settings, events: EventDispatcher) {
    this.#settings = settings;
    this.#events = events;
  }

  /** @param key the key that was recognized, if any */
  refuse(request: AdmissionRequest, refusal: Refusal, key?: ApiKey): Refused {
    const { problemTypeBase, requestIdHeader, realm, keyFrom } = this.#settings;
    const problem = problemOf(refusal, problemTypeBase);
    const requestId = requestIdOf(request, requestIdHeader);
    if (this.#events.hasListeners("refused")) {
      this.#events.emit("refused", {
        code: refusal.code,
        status: problem.status,
        ip: normalizeAddress(request.ip) ?? "",
        ...(key !== undefined && { key }),
        violated: refusal.violated ?? [],
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
        ...(problem.status === 401 && { "WWW-Authenticate": challengeField(realm, keyFrom) }),
        ...refusal.headers,
        ...(requestId !== undefined && requestIdHeader !== undefined && { [requestIdHeader]: requestId }),
      },
    };
  }

  /** Names an admitted request and emits its event. `observed` are the policies that would have refused it. */
  admit(request: AdmissionRequest, admitted: AdmittedRequest, observed: readonly Policy[]): void {
    const { requestIdHeader } = this.#settings;
    if (requestIdHeader !== undefined) admitted.requestId = requestIdOf(request, requestIdHeader);
    if (!this.#events.hasListeners("admitted")) return;
    const { key, plan, cost, requestId } = admitted;
    const states = statesOf(admitted);
    this.#events.emit("admitted", {
      ...(key !== undefined && { key }),
      plan,
      cost,
      observed,
      ip: normalizeAddress(request.ip) ?? "",
      limits: Object.assign({}, ...states.map(({ rules, result }) => limitsOf(rules, result.remaining))),
      remaining: Object.assign({}, ...states.map(({ result }) => result.remaining)),
      resetMs: Object.assign({}, ...states.map(({ result }) => result.resetMs)),
      ...(requestId !== undefined && { requestId }),
    });
  }

  headersOf(admitted: AdmittedRequest): ResponseHeaders {
    const { requestIdHeader, rateLimitHeaders, legacyHeaders } = this.#settings;
    const { admittee, atMs } = admitted;
    const result = singleResult(admitted);
    const headers =
      result !== undefined && admittee.line !== undefined && rateLimitHeaders === "all" && !legacyHeaders
        ? singleLimitHeaders(admittee.line.rules, result, atMs)
        : this.limitHeadersOf(statesOf(admitted), atMs);
    const { requestId } = admitted;
    const { ending } = admittee;
    if (requestId === undefined && ending === undefined) return headers;
    return {
      ...headers,
      ...(ending !== undefined && { [KEY_ENDING_HEADER]: ending }),
      ...(requestId !== undefined && requestIdHeader !== undefined && { [requestIdHeader]: requestId }),
    };
  }

  limitHeadersOf(states: readonly ChargedLimits[], atMs: number): ResponseHeaders {
    return limitHeaders(states, atMs, this.#settings);
  }
}

/** The state of each subject's limits that a mount charged. */
export function statesOf(admitted: AdmittedRequest): readonly ChargedLimits[] {
  return chargesOf(admitted).map(({ charge, result }) => ({
    rules: rulesOf(charge.limits, charge.name),
    result,
  }));
}

function limitsOf(
  rules: ChargedLimits["rules"],
  remaining: Readonly<Record<Policy, number>>,
): Record<Policy, number> {
  return Object.fromEntries(Object.keys(remaining).map((policy) => [policy, limitOf(rules, policy)]));
}

/** Response headers that scripts of other origins cannot read unless they are exposed. */
export function exposedHeaders({
  rateLimitHeaders,
  legacyHeaders,
  requestIdHeader,
}: Pick<Settings, "rateLimitHeaders" | "legacyHeaders" | "requestIdHeader">): readonly string[] {
  return [
    ...(rateLimitHeaders === false ? [] : ["RateLimit", "RateLimit-Policy"]),
    "Retry-After",
    "WWW-Authenticate",
    KEY_ENDING_HEADER,
    ...(legacyHeaders ? ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"] : []),
    ...(requestIdHeader === undefined ? [] : [requestIdHeader]),
  ];
}
