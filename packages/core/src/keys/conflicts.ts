import { KeywardError } from "../errors.ts";
import { isId } from "./ids.ts";
import type { KeyRecord } from "./record.ts";

/** No key has this id. An id of another form is not repeated: it may be a whole key. */
export function notFound(id: unknown): KeywardError {
  return new KeywardError(
    "key-not-found",
    `There is no key with ${isId(id) ? `the id "${id}"` : "this id"}.`,
  );
}

/**
 * Throws if the key is not of the revision that a change was meant for. That it was revoked says more than that
 * it was changed.
 */
export function refuseOtherRevision(record: KeyRecord, wanted: number | undefined): void {
  if (wanted === undefined || record.revision === wanted || record.revokedAt !== null) return;
  throw new KeywardError(
    "key-changed",
    `Key ${record.id} was changed by someone else: its revision is ${record.revision}, not ${wanted}.`,
  );
}

/** True if a key can still get a successor, apart from its expiry. */
export function isReplaceable({ revokedAt, rotatedTo }: KeyRecord): boolean {
  return revokedAt === null && rotatedTo === null;
}

/** Reason why an existing key was not changed. */
export function refusal(record: KeyRecord): KeywardError {
  if (record.rotatedTo !== null) {
    return new KeywardError("key-conflict", `Key ${record.id} was already replaced, by ${record.rotatedTo}.`);
  }
  return new KeywardError("key-revoked", `Key ${record.id} is revoked, which cannot be undone.`);
}
