import { KeywardError } from "../errors.ts";
import { DAY_MS } from "../time.ts";

/** Rules for the lifetimes of keys. They apply on create, rotate and update. */
export interface KeyPolicy {
  /** The longest lifetime of a key, from its creation. Default: no limit. */
  readonly maxLifetimeDays?: number | undefined;
  /** The lifetime of keys that are created without an expiry. Default: `maxLifetimeDays`, or no expiry. */
  readonly defaultLifetimeDays?: number | undefined;
  /** Keys older than this are shown as overdue for rotation in the console. Default: never. */
  readonly rotateAfterDays?: number | undefined;
}

/**
 * The expiry of a new key under the policy.
 *
 * @param expiresAt `undefined` where none was chosen, `null` for a key that does not expire
 * @throws KeywardError `invalid-input`
 */
export function applyPolicy(
  { maxLifetimeDays, defaultLifetimeDays = maxLifetimeDays }: KeyPolicy,
  expiresAt: number | null | undefined,
  createdAt: number,
): number | null {
  if (expiresAt === undefined) {
    return defaultLifetimeDays === undefined ? null : createdAt + defaultLifetimeDays * DAY_MS;
  }
  if (maxLifetimeDays === undefined) return expiresAt;
  if (expiresAt !== null && expiresAt <= createdAt + maxLifetimeDays * DAY_MS) return expiresAt;
  throw new KeywardError(
    "invalid-input",
    `expiresAt must be at most ${maxLifetimeDays} days after the creation of the key: keyPolicy.maxLifetimeDays.`,
    { field: "expiresAt" },
  );
}
