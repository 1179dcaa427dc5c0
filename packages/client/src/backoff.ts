/** Times of an exponential backoff, in milliseconds. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Returns how long to wait before the next attempt, in milliseconds: exponential backoff with full jitter, so that clients
 * that were refused together do not come back together.
 *
 * @param failures attempts that have failed, from 1
 * @param minMs the time that the server asked to wait
 * @param random returns a number from 0 up to 1
 */
export function backoffMs(
  failures: number,
  minMs: number,
  { firstMs, maxMs }: BackoffOptions,
  random: () => number,
): number {
  return minMs + random() * Math.min(maxMs, firstMs * 2 ** (failures - 1));
}
