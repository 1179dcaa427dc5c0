import type { z } from "@hono/zod-openapi";
import type { Access, ApiKey, CreatedKey, KeyQuery } from "@keyward/core";
import { definedFields } from "./defined-fields.ts";
import { keysNearQuota } from "./near-quota.ts";
import { limitsView, pauseView, toDate } from "./own-settings.ts";
import type { CreatedKeySchema, KeyPageSchema, KeySchema, ListKeysSchema } from "./schemas/keys.ts";
import type { QuotaSchema } from "./schemas/limits.ts";
import { DAY_MS } from "../time.ts";

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
  { usage, near, ...query }: z.infer<typeof ListKeysSchema>,
): Promise<z.infer<typeof KeyPageSchema>> {
  const page = near === "quota" ? await keysNearQuota(access, query.ownerId) : await listKeys(access, query);
  const days = usage === "days" ? await lastDaysOf(access, page.keys) : undefined;
  const keys = page.keys.map(async (key) => ({
    ...(await keyView(access, key)),
    ...(days !== undefined && { lastDays: days.get(key.lineageId) ?? NO_DAYS }),
  }));
  return { keys: await Promise.all(keys), nextCursor: page.nextCursor ?? null, total: page.total };
}

async function listKeys(access: Access, query: Omit<z.infer<typeof ListKeysSchema>, "usage" | "near">) {
  const { expiresBefore, createdBefore, unusedSince, isRotated, order, cursor, limit, ...rest } = query;
  const { count = cursor === undefined ? "yes" : "no", ...fields } = rest;
  const filter = definedFields<KeyQuery>({
    ...fields,
    expiresBefore: toDate(expiresBefore),
    createdBefore: toDate(createdBefore),
    unusedSince: toDate(unusedSince),
    isRotated: isRotated === undefined ? undefined : isRotated === "yes",
  });
  const [page, total] = await Promise.all([
    access.keys.list({ ...filter, order, cursor, limit }),
    count === "yes" ? access.keys.count(filter) : null,
  ]);
  return { ...page, total };
}

const DAYS = 7;
const NO_DAYS: number[] = Array.from({ length: DAYS }, () => 0);

/** The admitted requests of key lines in each of the last seven UTC days. */
async function lastDaysOf(access: Access, keys: readonly ApiKey[]): Promise<ReadonlyMap<string, number[]>> {
  const end = (Math.floor(Date.now() / DAY_MS) + 1) * DAY_MS;
  const start = end - DAYS * DAY_MS;
  const period = { from: new Date(start), to: new Date(end), per: "day", by: ["key"] } as const;
  const byLine = new Map<string, number[]>();
  for (const { keyId = "", start: day, admitted } of await access.usage.query({ keys, ...period })) {
    const counts = byLine.get(keyId) ?? [...NO_DAYS];
    counts[(day.getTime() - start) / DAY_MS] = admitted;
    byLine.set(keyId, counts);
  }
  return byLine;
}

/** A new key with its secret: the only response that ever contains it. */
export async function createdKeyView(
  access: Access,
  { key, secret }: CreatedKey,
): Promise<z.infer<typeof CreatedKeySchema>> {
  return { key: await keyView(access, key), secret: secret.reveal() };
}

/** Keys must stay visible and revocable while the limiter does not respond. */
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
