/** Methods that do the same if sent twice (RFC 9110, section 9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]);

/** Answers that ask for another attempt: over a limit, or not available now. */
export function asksForRetry(status: number): boolean {
  return status === 429 || status === 503;
}

/**
 * Whether a request may be sent again: its method does no more the second time, or the server was
 * given a key to recognize it by; and its body is still there to be sent.
 */
export function mayRepeat(request: Request, body: unknown): boolean {
  const safe = IDEMPOTENT.has(request.method) || request.headers.has("idempotency-key");
  return safe && !(body instanceof ReadableStream);
}
