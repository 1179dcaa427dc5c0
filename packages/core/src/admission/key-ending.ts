import type { KeyRecord } from "../keys/record.ts";
import { DAY_MS, SECOND_MS } from "../time.ts";

/** The response header that says when the key of the request stops working. */
export const KEY_ENDING_HEADER = "API-Key-Ends";

/** Time before its expiry at which the end of a key is announced. */
const ANNOUNCED_MS = 30 * DAY_MS;

/**
 * The value of `API-Key-Ends` for a key that was rotated or expires within 30 days: a Date of structured fields (RFC 9651), with a reason.
 * `undefined` for other keys.
 */
export function keyEndingField(
  { expiresAt, rotatedTo }: Pick<KeyRecord, "expiresAt" | "rotatedTo">,
  now: number,
): string | undefined {
  if (expiresAt === null || (rotatedTo === null && expiresAt - now > ANNOUNCED_MS)) return undefined;
  const reason = rotatedTo === null ? "expiring" : "rotated";
  return `@${Math.floor(expiresAt / SECOND_MS)};reason="${reason}"`;
}
