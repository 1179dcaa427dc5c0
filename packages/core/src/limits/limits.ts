import { KeywardError } from "../errors.ts";

/** The names of the three limits, as they stand in headers and problem documents. */
export type Policy = "sustained" | "burst" | "daily";

/** How much a key may ask for. All three hold at once. */
export interface Limits {
  /** Requests a second, sustained. */
  readonly rate: number;
  /** Requests in any one second, wherever that second starts. Not below `rate`. */
  readonly burst: number;
  /** Requests in a UTC day, 00:00 to 24:00. */
  readonly daily: number;
}

/** What a key has where nothing else is said: 200 a second, 500 in one second, 2000 a day. */
export const DEFAULT_LIMITS: Limits = Object.freeze({ rate: 200, burst: 500, daily: 2000 });

/** Keeps a thousand times any limit, and sums of them, exact in a double. */
const LARGEST_LIMIT = 1_000_000_000;

/**
 * Checks limits where they enter and gives a frozen copy.
 *
 * @throws KeywardError `invalid-option` that names the field, what it got and what it wants.
 */
export function checkLimits(value: unknown, where: string): Limits {
  if (typeof value !== "object" || value === null) {
    throw new KeywardError("invalid-option", `${where}: got ${String(value)}, wants { rate, burst, daily }.`);
  }
  const field = (name: keyof Limits): number => {
    const number = (value as Record<string, unknown>)[name];
    if (Number.isSafeInteger(number) && (number as number) >= 1 && (number as number) <= LARGEST_LIMIT) {
      return number as number;
    }
    throw new KeywardError(
      "invalid-option",
      `${where}.${name}: got ${String(number)}, wants a whole number from 1 to ${LARGEST_LIMIT}.`,
    );
  };
  const limits = { rate: field("rate"), burst: field("burst"), daily: field("daily") };
  for (const name of Object.keys(value)) {
    if (!(name in limits)) {
      throw new KeywardError(
        "invalid-option",
        `${where}.${name}: not a limit; there are rate, burst and daily.`,
      );
    }
  }
  if (limits.burst < limits.rate) {
    throw new KeywardError(
      "invalid-option",
      `${where}.burst: got ${limits.burst}, wants at least the rate, ${limits.rate}: a second at the sustained rate must fit in a burst.`,
    );
  }
  return Object.freeze(limits);
}
