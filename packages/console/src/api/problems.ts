import { KeywardError, type KeywardErrorCode } from "@keyward/core";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** Every code of a problem that the admin API answers with, beside those of a {@link KeywardError}. */
export type ConsoleProblemCode =
  | KeywardErrorCode
  | "https-required"
  | "cross-origin"
  | "sign-in-required"
  | "wrong-password"
  | "too-many-attempts"
  | "not-found"
  | "unsupported-media-type"
  | "too-large"
  | "internal-error";

const TITLES: Readonly<Partial<Record<ConsoleProblemCode, string>>> = {
  "https-required": "HTTPS is required",
  "cross-origin": "Asked from another site",
  "sign-in-required": "Sign in first",
  "wrong-password": "The password is wrong",
  "too-many-attempts": "Too many attempts",
  "not-found": "Not found",
  "unsupported-media-type": "Only JSON is read",
  "too-large": "Too much was sent",
  "invalid-input": "The request is not valid",
  "not-permitted": "Not permitted",
  "key-not-found": "There is no such key",
  "key-revoked": "The key is revoked",
  "key-conflict": "The key was already replaced",
  "key-changed": "Somebody else changed the key",
  "already-created": "This request was already carried out",
  "store-unavailable": "The key store does not answer",
};

/** What a refused act is answered with; what is not here is the server's own failure. */
const STATUSES: Readonly<Partial<Record<KeywardErrorCode, ContentfulStatusCode>>> = {
  "invalid-input": 400,
  "not-permitted": 403,
  "key-not-found": 404,
  "key-revoked": 409,
  "key-conflict": 409,
  "already-created": 409,
  "key-changed": 412,
  "store-unavailable": 503,
  "store-read-only": 503,
  "store-full": 503,
};

/** Answers with a problem document (RFC 9457). `more` says what the problem is about. */
export function problem(
  context: Context,
  status: ContentfulStatusCode,
  code: ConsoleProblemCode,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
): Response {
  const title = TITLES[code] ?? "Something went wrong";
  const document = { type: `urn:keyward:problem:${code}`, title, status, detail, code, ...more };
  return context.body(JSON.stringify(document), status, { "content-type": "application/problem+json" });
}

export function notFound(context: Context): Response {
  return problem(context, 404, "not-found", "There is nothing at this address.");
}

/** Answers what a handler threw. What is not known is told to the server's log, not to the client. */
export function answerError(error: Error, context: Context): Response {
  if (error instanceof KeywardError) {
    const { code, message, field, keyId } = error;
    const status = STATUSES[code];
    if (status !== undefined) {
      const more = { ...(field !== undefined && { field }), ...(keyId !== undefined && { keyId }) };
      const answer = problem(context, status, code, message, more);
      if (status === 503) answer.headers.set("retry-after", "1");
      return answer;
    }
  }
  if (error instanceof HTTPException) return answerHttpException(error, context);
  process.emitWarning(`The console failed: ${error.stack ?? String(error)}`, {
    code: "KEYWARD_CONSOLE",
    detail: "Explained in node_modules/@keyward/console/errors/KEYWARD_CONSOLE.md",
  });
  return problem(context, 500, "internal-error", "The server failed. Its log says why.");
}

function answerHttpException({ status }: HTTPException, context: Context): Response {
  if (status === 415) {
    return problem(context, 415, "unsupported-media-type", "Send JSON, as application/json.");
  }
  if (status === 413) return problem(context, 413, "too-large", "The body may have 64 KB.");
  return problem(context, 400, "invalid-input", "The body: got what is no JSON, wants JSON.");
}
