import type { Policy } from "../limits/limits.ts";
import type { Refusal } from "./refusal.ts";

/** Reason for a refusal: `code` in the problem document. Stable. */
export type ProblemCode = keyof typeof REFUSALS;

/** A problem document (RFC 9457), served as `application/problem+json`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  /** The policies that refuse the request (draft-ietf-httpapi-ratelimit-headers). */
  readonly "violated-policies"?: readonly Policy[];
  /** The scopes that the request requires, for `insufficient-scope`. */
  readonly "required-scopes"?: readonly string[];
}

interface RefusalText {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** A registered problem type. Default: `urn:keyward:problem:<code>`, or the API's own documentation. */
  readonly type?: string;
}

const IANA = "https://iana.org/assignments/http-problem-types#";

/** One row per outcome. */
export const REFUSALS = {
  "https-required": {
    status: 403,
    title: "HTTPS required",
    detail: "This API requires HTTPS. The server received this request as plain HTTP.",
  },
  "missing-api-key": {
    status: 401,
    title: "API key required",
    detail: "Send your API key as described in the response header WWW-Authenticate.",
  },
  "invalid-api-key": {
    status: 401,
    title: "Invalid API key",
    detail: "Check that you copied the whole key, that it belongs to this API, and that you send it once.",
  },
  "revoked-api-key": {
    status: 401,
    title: "API key revoked",
    detail: "A revoked key cannot be used again. Create a new key, or use its successor.",
  },
  "expired-api-key": {
    status: 401,
    title: "API key expired",
    detail: "Create a new key, or use its successor.",
  },
  "paused-api-key": {
    status: 401,
    title: "API key paused",
    detail: "This key is paused. Contact the provider of this API.",
  },
  "wrong-environment": {
    status: 401,
    title: "API key for another environment",
    detail: "This server does not accept keys of that environment.",
  },
  "address-not-allowed": {
    status: 403,
    title: "Address not allowed",
    detail: "This key cannot be used from your network address.",
  },
  "insufficient-scope": {
    status: 403,
    title: "Insufficient scope",
    detail: "This request requires scopes that the key does not have.",
  },
  "rate-limit-exceeded": {
    status: 429,
    title: "Rate limit exceeded",
    detail: "Retry after the time in Retry-After.",
    type: `${IANA}quota-exceeded`,
  },
  "cost-exceeds-limits": {
    status: 429,
    title: "Cost exceeds limits",
    detail: "This request costs more than its limits ever admit. Retrying does not help.",
  },
  "too-many-failed-attempts": {
    status: 429,
    title: "Too many failed attempts",
    detail:
      "Too many requests without a valid key came from this address. Requests with a valid key are still accepted.",
    type: `${IANA}abnormal-usage-detected`,
  },
  "key-store-unavailable": {
    status: 503,
    title: "API key cannot be verified",
    detail: "The key could not be verified right now. It may be valid; retry shortly.",
  },
  "limiter-unavailable": {
    status: 503,
    title: "Rate limits cannot be checked",
    detail: "The rate limits could not be checked right now. Retry shortly.",
  },
} as const satisfies Record<string, RefusalText>;

/** The problem document of a refusal. `typeBase` is the prefix of the code in `type`. */
export function problemOf({ code, detail, violated, requiredScopes }: Refusal, typeBase: string): Problem {
  const text: RefusalText = REFUSALS[code];
  return {
    type: text.type ?? `${typeBase}${code}`,
    title: text.title,
    status: text.status,
    detail: detail ?? text.detail,
    code,
    ...(violated !== undefined && { "violated-policies": violated }),
    ...(requiredScopes !== undefined && { "required-scopes": requiredScopes }),
  };
}
