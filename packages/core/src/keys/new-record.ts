import { createHash } from "node:crypto";
import { checkFutureDate, checkMetadata, checkText } from "./input.ts";
import { applyPolicy, type KeyPolicy } from "./key-policy.ts";
import type { CreateKeyInput } from "./lifecycle.ts";
import { checkOwnSettings, NOT_PAUSED } from "./own-settings.ts";
import type { KeyRecord } from "./record.ts";
import { checkScopeList, type ScopeCatalogue } from "./scopes.ts";

/** The fields of a new key that its creator does not choose. */
type NewKey = Pick<KeyRecord, "id" | "digest" | "masked" | "environment">;

/** Settings that decide which keys the server accepts. */
interface NewKeyRules {
  readonly planNames: readonly string[];
  readonly catalogue: ScopeCatalogue | undefined;
  readonly policy: KeyPolicy;
}

/**
 * The record of a new key, from the input for it.
 *
 * @throws KeywardError `invalid-input` that names the field
 */
export function newRecord(
  made: NewKey,
  input: CreateKeyInput,
  { planNames, catalogue, policy }: NewKeyRules,
  now: number,
): KeyRecord {
  const {
    plan = null,
    limits = null,
    limitsUntil = null,
    allowedAddresses = null,
  } = checkOwnSettings(input, planNames, now);
  const ownerId = input.ownerId === undefined ? null : checkText(input.ownerId, "ownerId");
  return {
    ...made,
    lineageId: made.id,
    name: checkText(input.name, "name"),
    ownerId,
    scopes: checkScopeList(input.scopes ?? [], catalogue),
    plan,
    limits,
    limitsUntil,
    allowedAddresses,
    createdAt: now,
    expiresAt: applyPolicy(
      policy,
      input.expiresAt === undefined ? undefined : checkFutureDate(input.expiresAt, "expiresAt", now),
      now,
    ),
    ...NOT_PAUSED,
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
function idempotencyOf(name: string, ownerId: string | null): string {
  const named = JSON.stringify([ownerId, checkText(name, "idempotencyKey")]);
  return createHash("sha256").update(named).digest("base64url");
}
