import { KeywardError, type ApiKey, type CreateKeyInput, type UpdateKeyInput } from "@keyward/core";
import type { Acting } from "./acting.ts";

/**
 * What an actor of one owner may do: create keys on the default plan without scopes, rename the owner's keys, rotate those that
 * it could have created itself, and revoke them. An actor without an owner may do everything.
 */

/** The fields of a key that an administrator grants. */
type Grants = Partial<Pick<ApiKey, "plan" | "scopes" | "limits" | "metadata">>;

/** @throws KeywardError `not-permitted` with the field that is not allowed */
export function checkCreate({ ownerId }: Acting, input: CreateKeyInput): void {
  if (ownerId === undefined) return;
  if (input.ownerId !== undefined && input.ownerId !== ownerId)
    refuse("ownerId", "you may only create keys for your own owner");
  refuseGrants(input);
}

/** @throws KeywardError `not-permitted` with the field that is not allowed */
export function checkUpdate({ ownerId }: Acting, input: UpdateKeyInput): void {
  if (ownerId === undefined) return;
  const field = Object.keys(input).find((name) => name !== "name" && name !== "ifRevision");
  if (field !== undefined) refuse(field, "you may only rename this key");
}

/**
 * A replacement gives the actor a key like the old one, so the old one must not have more than the actor may grant.
 *
 * @throws KeywardError `not-permitted` with the field that is not allowed
 */
export function checkReplace({ ownerId }: Acting, key: ApiKey): void {
  if (ownerId !== undefined) refuseGrants(key);
}

function refuseGrants({ plan = "default", scopes = [], limits, metadata = {} }: Grants): void {
  if (plan !== "default") refuse("plan", "you may only create and rotate keys on the default plan");
  if (scopes.length > 0) refuse("scopes", "you may only create and rotate keys without scopes");
  if (limits !== undefined)
    refuse("limits", "you may only create and rotate keys with the limits of their plan");
  if (Object.keys(metadata).length > 0)
    refuse("metadata", "you may only create and rotate keys without metadata");
}

function refuse(field: string, reason: string): never {
  throw new KeywardError("not-permitted", `${field}: ${reason}.`, { field });
}
