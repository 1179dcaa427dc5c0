import { createHash } from "node:crypto";
import { checkChoice, checkExpiry, checkKeyLimits, checkMetadata, checkScopes, checkText } from "./input.ts";
import type { CreateKeyInput } from "./lifecycle.ts";
import type { KeyRecord } from "./record.ts";

/** What of a new key its creator does not choose, and what there is to choose from. */
interface NewKey extends Pick<KeyRecord, "id" | "digest" | "masked" | "environment"> {
  readonly planNames: readonly string[];
}

/**
 * The record of a new key, from what its creator asked for.
 *
 * @throws KeywardError `invalid-input` that names the field
 */
export function newRecord({ planNames, ...made }: NewKey, input: CreateKeyInput, now: number): KeyRecord {
  const name = checkText(input.name, "name");
  const ownerId = checkText(input.ownerId ?? "default", "ownerId");
  return {
    ...made,
    name,
    ownerId,
    scopes: checkScopes(input.scopes ?? []),
    plan: checkChoice(input.plan ?? "default", "plan", planNames),
    limits: input.limits === undefined ? null : checkKeyLimits(input.limits),
    createdAt: now,
    expiresAt: input.expiresAt === undefined ? null : checkExpiry(input.expiresAt, now),
    revokedAt: null,
    rotatedTo: null,
    lastUsedAt: null,
    lastUsedAddress: null,
    metadata: checkMetadata(input.metadata ?? {}),
    revision: 1,
    idempotencyKey: input.idempotencyKey === undefined ? null : idempotencyOf(input.idempotencyKey, ownerId),
  };
}

/** The same name for two owners is two requests: otherwise one would get the id of the other's key. */
function idempotencyOf(name: string, ownerId: string): string {
  const named = JSON.stringify([ownerId, checkText(name, "idempotencyKey")]);
  return createHash("sha256").update(named).digest("base64url");
}
