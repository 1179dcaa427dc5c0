import type { Clock } from "../clock.ts";
import { base62FromNumber, randomBase62 } from "./base62.ts";

/**
 * Makes ids that sort by when they were made: 8 characters of the time in milliseconds, which never
 * repeats nor runs backwards within a process, and 12 random ones (71 bits).
 */
export function createIds(clock: Clock): (prefix: "key" | "act") => string {
  let last = 0;
  return (prefix) => {
    last = Math.max(last + 1, Math.floor(clock()));
    return `${prefix}_${base62FromNumber(last, 8)}${randomBase62(12)}`;
  };
}
