import { checkOptionNames, rejectSetting } from "../option-error.ts";

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
const MAX_LIMIT = 1_000_000_000;

/**
 * Checks limits where they enter and gives a frozen copy.
 *
 * @throws KeywardError `invalid-option` that names the field
 */
export function checkLimits(value: unknown, where: string): Limits {
  if (typeof value !== "object" || value === null) {
    rejectSetting(where, value, "{ rate, burst, daily }");
  }
  const field = (name: keyof Limits): number => {
    const number = (value as Record<string, unknown>)[name];
    if (Number.isSafeInteger(number) && (number as number) >= 1 && (number as number) <= MAX_LIMIT) {
      return number as number;
    }
    return rejectSetting(`${where}.${name}`, number, `a whole number from 1 to ${MAX_LIMIT}`);
  };
  const limits = { rate: field("rate"), burst: field("burst"), daily: field("daily") };
  checkOptionNames(where, value, Object.keys(limits));
  if (limits.burst < limits.rate) {
    rejectSetting(`${where}.burst`, limits.burst, `at least the rate, ${limits.rate}`);
  }
  return Object.freeze(limits);
}
