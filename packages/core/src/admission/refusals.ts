import type { Policy } from "../limits/limits.ts";

/** Why a request was refused: `code` in the problem document. Stable. */
export type ProblemCode = keyof typeof REFUSALS;

/** A problem document (RFC 9457), served as `application/problem+json`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  /** The limits that were reached (draft-ietf-httpapi-ratelimit-headers). */
  readonly "violated-policies"?: readonly Policy[];
  /** The scopes that the request needs, for `insufficient-scope`. */
  readonly "required-scopes"?: readonly string[];
}

interface Row {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** A registered problem type; else `urn:keyward:problem:<code>`, or the API's own documentation. */
  readonly type?: string;
}

const IANA = "https://iana.org/assignments/http-problem-types#";

/** One row an outcome. */
export const REFUSALS = {
  "https-required": {
    status: 403,
    title: "HTTPS is required",
    detail:
      "This API answers over HTTPS only. A key that was sent over plain HTTP may have been read by others: replace it.",
  },
  "missing-api-key": {
    status: 401,
    title: "An API key is required",
    detail: "Send your API key in the request header named in WWW-Authenticate.",
  },
  "invalid-api-key": {
    status: 401,
    title: "The API key is not valid",
    detail: "Check that the whole key was copied, once, and that it belongs to this API.",
  },
  "revoked-api-key": {
    status: 401,
    title: "The API key was revoked",
    detail: "A revoked key cannot be used again. Create a new key, or use the one that replaced it.",
  },
  "expired-api-key": {
    status: 401,
    title: "The API key has expired",
    detail: "Create a new key, or use the one that replaced it.",
  },
  "wrong-environment": {
    status: 401,
    title: "The API key is for another environment",
    detail: "This server does not accept keys of that environment.",
  },
  "insufficient-scope": {
    status: 403,
    title: "The API key lacks a scope",
    detail: "The request needs scopes that the key was not given.",
  },
  "rate-limit-exceeded": {
    status: 429,
    title: "Rate limit exceeded",
    detail: "The key has reached a limit. Wait as long as Retry-After says, then go on.",
    type: `${IANA}quota-exceeded`,
  },
  "cost-exceeds-limits": {
    status: 429,
    title: "The request costs more than the limits allow",
    detail: "No wait would help: a single request costs more than the key's limits ever admit.",
  },
  "too-many-failed-attempts": {
    status: 429,
    title: "Too many failed attempts",
    detail: "Too many requests without a valid key came from this address. A valid key is still accepted.",
    type: `${IANA}abnormal-usage-detected`,
  },
  "key-store-unavailable": {
    status: 503,
    title: "Keys cannot be checked now",
    detail: "The key may well be valid: keep it, and try again.",
  },
  "limiter-unavailable": {
    status: 503,
    title: "Limits cannot be checked now",
    detail: "Try again.",
  },
} as const satisfies Record<string, Row>;

/** Builds the problem document of a code. `typeBase` ends before the code. */
export function problemOf(
  code: ProblemCode,
  typeBase: string,
  more: {
    readonly detail?: string;
    readonly violated?: readonly Policy[];
    readonly scopes?: readonly string[];
  } = {},
): Problem {
  const row: Row = REFUSALS[code];
  return {
    type: row.type ?? `${typeBase}${code}`,
    title: row.title,
    status: row.status,
    detail: more.detail ?? row.detail,
    code,
    ...(more.violated !== undefined && { "violated-policies": more.violated }),
    ...(more.scopes !== undefined && { "required-scopes": more.scopes }),
  };
}
