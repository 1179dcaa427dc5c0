import type { z } from "@hono/zod-openapi";
import type { Access, ApiKey, CreatedKey, ListKeysQuery } from "@keyward/core";
import { given, type OrUndefined } from "./given.ts";
import { limitsView, pauseView } from "./own-settings.ts";
import type { CreatedKeySchema, KeyPageSchema, KeySchema } from "./schemas/keys.ts";
import type { QuotaSchema } from "./schemas/limits.ts";

export type KeyView = z.infer<typeof KeySchema>;

/** A key in responses, with the state of its limits. */
export async function keyView(access: Access, key: ApiKey): Promise<KeyView> {
  const time = (date: Date | undefined) => date?.toISOString() ?? null;
  return {
    id: key.id,
    lineageId: key.lineageId,
    name: key.name,
    masked: key.masked,
    environment: key.environment,
    ownerId: key.ownerId ?? null,
    scopes: [...key.scopes],
    plan: key.plan ?? null,
    ownLimits: limitsView(key.limits),
    allowedAddresses: key.allowedAddresses === undefined ? null : [...key.allowedAddresses],
    status: key.status,
    pause: pauseView(key),
    createdAt: key.createdAt.toISOString(),
    expiresAt: time(key.expiresAt),
    revokedAt: time(key.revokedAt),
    rotatedTo: key.rotatedTo ?? null,
    lastUsedAt: time(key.lastUsedAt),
    lastUsedAddress: key.lastUsedAddress ?? null,
    revision: key.revision,
    metadata: key.metadata,
    quota: await quotaView(access, key),
  };
}

export async function keyPageView(
  access: Access,
  query: OrUndefined<ListKeysQuery>,
): Promise<z.infer<typeof KeyPageSchema>> {
  const { keys, nextCursor = null } = await access.keys.list(given<ListKeysQuery>(query));
  return { keys: await Promise.all(keys.map((key) => keyView(access, key))), nextCursor };
}

/** A new key with its secret: the only response that ever contains it. */
export async function createdKeyView(
  access: Access,
  { key, secret }: CreatedKey,
): Promise<z.infer<typeof CreatedKeySchema>> {
  return { key: await keyView(access, key), secret: secret.reveal() };
}

/** Keys must stay visible and revocable while the limiter does not answer. */
async function quotaView(
  access: Access,
  { id, status }: ApiKey,
): Promise<z.infer<typeof QuotaSchema> | null> {
  if (status === "revoked" || status === "expired") return null;
  try {
    const { limits, remaining, resetMs } = await access.keys.quota(id);
    return { limits: { ...limits }, remaining: { ...remaining }, resetMs: { ...resetMs } };
  } catch {
    return null;
  }
}
