import type { OutgoingRequest } from "./outgoing-request.ts";

/** Methods that have the same effect when sent twice (RFC 9110, section 9.2.2). */
const IDEMPOTENT = /^(?:GET|HEAD|OPTIONS|PUT|DELETE|TRACE)$/;

/** Returns whether a response asks to retry: over a limit, or temporarily unavailable. */
export function isRetryable({ status }: Response): boolean {
  return status === 429 || status === 503;
}

/** Returns whether a request may be sent twice: by its method, or because it has an `Idempotency-Key`. */
export function isIdempotent({ method, headers }: OutgoingRequest): boolean {
  return IDEMPOTENT.test(method) || headers.has("idempotency-key");
}
