/** Methods that do the same if sent twice (RFC 9110, section 9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]);

/** Answers that ask for another attempt: over a limit, or not available now. */
export function asksForRetry(status: number): boolean {
  return status === 429 || status === 503;
}

/** Whether a request does no more the second time, or the server was given a key to recognize it by. */
export function mayRepeat(request: Request): boolean {
  return IDEMPOTENT.has(request.method) || request.headers.has("idempotency-key");
}
