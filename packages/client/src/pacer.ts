import type { LimitState } from "./limit-fields.ts";

/** Windows from here on are a day's, or as good as one: they are spent, not paced over. */
export const LONG_WINDOW_MS = 3_600_000;

/** A little below what is published, so that what arrives closer together than it was sent does no harm. */
const MOST = 0.995;
const LEAST = 0.001;
/** Others may be there already. Alone, one is at the full pace within a second. */
const FIRST = 0.1;

/** Requests go out evenly, at the pace of the strictest policy that the server publishes. */
export interface Pacer {
  /** When the next request may go, in milliseconds since the epoch. Takes that place. */
  place(now: number): number;
  /** Takes note of what an answer said. */
  learn(limits: readonly LimitState[], refused: boolean, waitMs: number, now: number): void;
}

/**
 * Alone, it keeps the published pace. Where others spend the same limits, it sees in what remains that more is spent than
 * it sends: below a quarter of what should remain it slows down, above a half it goes faster again.
 */
export function createPacer(): Pacer {
  let intervalMs = 0;
  let share = FIRST;
  let next = 0;
  let slowedAt = 0;

  return {
    place(now) {
      const at = Math.max(now, next);
      next = at + intervalMs / share;
      return at;
    },
    learn(limits, refused, waitMs, now) {
      const paced = limits.filter(({ windowMs }) => windowMs < LONG_WINDOW_MS);
      if (paced.length > 0) intervalMs = Math.max(...paced.map(({ quota, windowMs }) => windowMs / quota));
      if (refused) {
        next = Math.max(next, now + waitMs);
        // Refusals of one moment are one reason to slow down.
        if (now - slowedAt >= waitMs) share = Math.max(LEAST, share * 0.5);
        slowedAt = now;
        return;
      }
      const left = Math.min(1, ...paced.map((limit) => leftOf(limit, now)));
      if (left < 0.25) share = Math.max(LEAST, share * 0.9);
      else if (left > 0.5) share = Math.min(MOST, share * (left > 0.9 ? 1.5 : 1.1));
    },
  };
}

/** What remains, as a part of what should at this time of the window. */
function leftOf({ quota, remaining, resetAt, windowMs }: LimitState, now: number): number {
  const ahead = Math.min(1, (resetAt.getTime() - now) / windowMs);
  return ahead <= 0 ? 1 : remaining / quota / ahead;
}

/** One for each key of an API, whichever client of this process asks. The key itself is not kept, but how it ends. */
const pacers = new Map<string, Pacer>();

export function sharedPacer(origin: string, apiKey: string): Pacer {
  const name = `${origin} ${apiKey.slice(-8)}`;
  const known = pacers.get(name) ?? createPacer();
  pacers.set(name, known);
  return known;
}
