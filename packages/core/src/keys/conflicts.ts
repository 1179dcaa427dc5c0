import { KeywardError } from "../errors.ts";
import type { KeyRecord } from "./record.ts";

const KEY_ID = /^key_\w{1,40}$/;

/** No key has this id. Only what looks like an id is repeated: anything else may be a key that was pasted in its place. */
export function notFound(id: unknown): KeywardError {
  const isId = typeof id === "string" && KEY_ID.test(id);
  return new KeywardError("key-not-found", `There is no key with ${isId ? `the id "${id}"` : "this id"}.`);
}

/**
 * Throws if the key is not of the revision that a change was meant for. That it was revoked says more than that
 * it was changed.
 */
export function refuseOtherRevision(record: KeyRecord, wanted: number | undefined): void {
  if (wanted === undefined || record.revision === wanted || record.revokedAt !== null) return;
  throw new KeywardError(
    "key-changed",
    `Key ${record.id} was changed by somebody else: it is of revision ${record.revision}, not ${wanted}.`,
  );
}

/** Whether a key can still get a successor, apart from its expiry. */
export function isReplaceable({ revokedAt, rotatedTo }: KeyRecord): boolean {
  return revokedAt === null && rotatedTo === null;
}

/** Why a key that is there was not changed. */
export function refusal(record: KeyRecord): KeywardError {
  if (record.rotatedTo !== null) {
    return new KeywardError("key-conflict", `Key ${record.id} was already replaced, by ${record.rotatedTo}.`);
  }
  return new KeywardError("key-revoked", `Key ${record.id} is revoked, which cannot be undone.`);
}
