import type { z } from "@hono/zod-openapi";
import type { ApiKey, CreatedKey, Keyward, Metadata } from "@keyward/core";
import type { CreatedKeySchema, KeySchema } from "./schemas.ts";

export type KeyView = z.infer<typeof KeySchema>;

/** A key as the admin API gives it, with what it has used today. */
export async function keyView(kw: Keyward, key: ApiKey): Promise<KeyView> {
  const time = (date: Date | undefined) => date?.toISOString() ?? null;
  const { limits, today } = await standing(kw, key);
  return {
    id: key.id,
    name: key.name,
    masked: key.masked,
    environment: key.environment,
    ownerId: key.ownerId,
    scopes: [...key.scopes],
    plan: key.plan,
    ownLimits: key.limits ?? null,
    limits,
    status: key.status,
    createdAt: key.createdAt.toISOString(),
    expiresAt: time(key.expiresAt),
    revokedAt: time(key.revokedAt),
    rotatedTo: key.rotatedTo ?? null,
    lastUsedAt: time(key.lastUsedAt),
    lastUsedAddress: key.lastUsedAddress ?? null,
    revision: key.revision,
    metadata: key.metadata,
    today,
  };
}

/** A new key with its secret: the only response that ever contains it. */
export async function createdKeyView(
  kw: Keyward,
  { key, secret }: CreatedKey,
): Promise<z.infer<typeof CreatedKeySchema>> {
  return { key: await keyView(kw, key), secret: secret.reveal() };
}

/** Where a key stands. A limiter that does not answer must not keep a key from being seen, and revoked. */
async function standing(kw: Keyward, key: ApiKey): Promise<Pick<KeyView, "limits" | "today">> {
  const planned = () => {
    const { plans } = kw.configuration();
    const named = plans.find(({ name }) => name === key.plan) ?? plans.find(({ name }) => name === "default");
    return key.limits ?? (named as (typeof plans)[number]).limits;
  };
  if (key.status !== "active") return { limits: planned(), today: null };
  try {
    const { limits, remaining, resetMs } = await kw.quota(key);
    const resetAt = new Date(Date.now() + resetMs.daily).toISOString();
    return { limits, today: { used: limits.daily - remaining.daily, resetAt } };
  } catch {
    return { limits: planned(), today: null };
  }
}

export function etagOf({ revision }: Pick<ApiKey, "revision">): string {
  return `"${revision}"`;
}

/** What came as JSON. */
export function metadataOf(metadata: unknown): Metadata {
  return metadata as Metadata;
}
