import { isPaused, type KeyRecord } from "../keys/record.ts";
import type { OwnerRecord } from "../owners/owner.ts";
import type { Refusal } from "./refusal.ts";

/** Refuses a key that is revoked, expired, or paused, or whose owner is paused. */
export function checkStatus(
  key: KeyRecord,
  owner: OwnerRecord | undefined,
  now: number,
): Refusal | undefined {
  if (key.revokedAt !== null) return { code: "revoked-api-key" };
  if (key.expiresAt !== null && key.expiresAt <= now) return { code: "expired-api-key" };
  if (key.pausedAt !== null && isPaused(key, now)) return { code: "paused-api-key" };
  if (owner !== undefined && owner.pausedAt !== null && isPaused(owner, now))
    return { code: "paused-api-key" };
  return undefined;
}

/** Refuses a key of an environment that this server does not accept. */
export function checkEnvironment(environment: string, accepted: readonly string[]): Refusal | undefined {
  if (accepted.includes(environment)) return undefined;
  const detail = `The key is for the environment "${environment}"; this server accepts ${accepted.join(", ")}.`;
  return { code: "wrong-environment", detail };
}
