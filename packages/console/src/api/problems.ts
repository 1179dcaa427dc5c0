import { KeywardError, type KeywardErrorCode } from "@keyward/core";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { MAX_BODY_BYTES } from "../node/read-body.ts";
import { RefusedKey } from "../sign-in/refused-key.ts";

/** The codes of problems in responses of the admin API, including those of {@link KeywardError}. */
export type ConsoleProblemCode =
  | KeywardErrorCode
  | "https-required"
  | "cross-origin"
  | "sign-in-required"
  | "wrong-password"
  | "too-many-attempts"
  | "not-found"
  | "method-not-allowed"
  | "unsupported-media-type"
  | "too-large"
  | "internal-error";

const TITLES: Readonly<Partial<Record<ConsoleProblemCode, string>>> = {
  "https-required": "HTTPS is required",
  "cross-origin": "Cross-site request",
  "sign-in-required": "Sign-in required",
  "wrong-password": "Wrong password",
  "too-many-attempts": "Too many attempts",
  "not-found": "Not found",
  "method-not-allowed": "Method not allowed",
  "unsupported-media-type": "Unsupported media type",
  "too-large": "Body too large",
  "invalid-input": "The request is not valid",
  "not-permitted": "Not permitted",
  "key-not-found": "There is no such key",
  "key-revoked": "The key is revoked",
  "key-conflict": "The key was already rotated",
  "key-changed": "The key was changed by someone else",
  "owner-not-found": "There is no such owner",
  "owner-changed": "The owner was changed by someone else",
  "already-created": "Already created",
  "store-unavailable": "Key store unavailable",
};

/** The statuses of refused operations. Other errors are failures of the server. */
const STATUSES: Readonly<Partial<Record<KeywardErrorCode, ContentfulStatusCode>>> = {
  "invalid-input": 400,
  "not-permitted": 403,
  "key-not-found": 404,
  "key-revoked": 409,
  "key-conflict": 409,
  "already-created": 409,
  "key-changed": 412,
  "owner-not-found": 404,
  "owner-changed": 412,
};

/** Failures of a dependency that may be temporary. They get 503. */
const DEPENDENCY_FAILURES: Readonly<Partial<Record<KeywardErrorCode, string>>> = {
  "store-unavailable": "The key store does not respond. Try again shortly.",
  "store-read-only": "The key store cannot be written to.",
  "store-full": "The key store is full.",
  "limiter-unavailable": "The limiter does not respond. Try again shortly.",
};

/** A response with a problem document (RFC 9457) and further members. */
export function problem(
  context: Context,
  status: ContentfulStatusCode,
  code: ConsoleProblemCode,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
): Response {
  const title = TITLES[code] ?? "Internal error";
  const document = { type: `urn:keyward:problem:${code}`, title, status, detail, code, ...more };
  return context.body(JSON.stringify(document), status, { "content-type": "application/problem+json" });
}

export function notFound(context: Context): Response {
  return problem(context, 404, "not-found", "This address does not exist.");
}

export function tooLarge(context: Context): Response {
  return problem(context, 413, "too-large", `The body must have at most ${MAX_BODY_BYTES / 1024} KB.`);
}

/** The response to OPTIONS, and to methods that a resource does not support. */
export function notAllowed(context: Context, methods: readonly string[]): Response {
  const allow = [...methods, "OPTIONS"].join(", ");
  if (context.req.method === "OPTIONS") return context.body(null, 204, { allow });
  context.header("allow", allow);
  return problem(context, 405, "method-not-allowed", `This address supports ${allow}.`);
}

/** The response to an error. Failures of the server go to its log, because their messages name hosts, databases and files. */
export function answerError(error: Error, context: Context): Response {
  if (error instanceof HTTPException) return answerHttpException(error, context);
  if (error instanceof RefusedKey) return answerRefusedKey(error, context);
  if (error instanceof KeywardError) {
    const { code, message, field, keyId } = error;
    const status = STATUSES[code];
    if (status !== undefined) {
      const more = { ...(field !== undefined && { field }), ...(keyId !== undefined && { keyId }) };
      return problem(context, status, code, message, more);
    }
    const detail = DEPENDENCY_FAILURES[code];
    if (detail !== undefined) {
      logFailure(error);
      const answer = problem(context, 503, code, detail);
      answer.headers.set("retry-after", "1");
      return answer;
    }
  }
  logFailure(error);
  return problem(context, 500, "internal-error", "The server failed. Its log has the details.");
}

function answerRefusedKey(
  { refusal: { status, problem: document, headers } }: RefusedKey,
  context: Context,
): Response {
  return context.body(JSON.stringify(document), status as ContentfulStatusCode, {
    ...headers,
    "content-type": "application/problem+json",
  });
}

function logFailure(error: Error): void {
  process.emitWarning(`The console failed: ${error.stack ?? String(error)}`, {
    code: "KEYWARD_CONSOLE",
    detail: "Explained in @keyward/console/ERRORS.md#keyward_console",
  });
}

function answerHttpException({ status }: HTTPException, context: Context): Response {
  if (status === 415) {
    return problem(context, 415, "unsupported-media-type", "Send JSON, as application/json.");
  }
  if (status === 413) return tooLarge(context);
  return problem(context, 400, "invalid-input", "The body must be JSON.");
}
