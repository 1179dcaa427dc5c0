/** How long to wait between attempts, in milliseconds. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * Exponential backoff with full jitter: a random time up to `firstMs`, doubled for each attempt that
 * failed, so that clients which failed together do not come back together. Never before `atLeastMs`,
 * which the server asked for.
 *
 * @param attempt how many attempts failed, from 1
 * @param random from 0 up to 1
 */
export function backoffMs(
  attempt: number,
  atLeastMs: number,
  options: BackoffOptions,
  random: () => number,
): number {
  const ceiling = Math.min(options.longestMs, options.firstMs * 2 ** (attempt - 1));
  return atLeastMs + random() * ceiling;
}
