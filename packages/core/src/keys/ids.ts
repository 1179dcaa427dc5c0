import type { Clock } from "../clock.ts";
import { base62FromNumber, randomBase62 } from "./base62.ts";

const ID = /^[a-z]{1,10}_[0-9A-Za-z]{1,50}$/;

/** True if a value has the form of an id. Nothing else is looked up: it may be a whole key, or text that a database rejects. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}

/**
 * Makes ids that sort by when they were made: 8 characters of the time in milliseconds, which never
 * repeats nor runs backwards within a process, and 12 random ones (71 bits).
 */
export function createIds(clock: Clock): (prefix: "key" | "act" | "ses") => string {
  let last = 0;
  return (prefix) => {
    last = Math.max(last + 1, Math.floor(clock()));
    return `${prefix}_${base62FromNumber(last, 8)}${randomBase62(12)}`;
  };
}
