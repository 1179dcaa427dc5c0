import type { Access, ApiKey, KeyPage, Quota, UsageBucket } from "@keyward/core";
import { DAY_MS } from "../time.ts";

const QUOTAS = ["hourly", "daily", "weekly", "monthly"] as const;

/** From this part of a quota on, a key or an owner is near it. */
const NEAR = 0.8;

/** A key among those with the most requests of the last 24 hours. */
export interface Consumer {
  readonly key: ApiKey;
  readonly quota: Quota;
  /** Usage of these 24 hours. */
  readonly usage: UsageBucket;
}

/** The use of a calendar quota. */
export interface NearQuota {
  readonly policy: string;
  readonly used: number;
  readonly limit: number;
  readonly resetMs: number;
}

/** The calendar quotas of a key that are nearly used up, the fullest first. Those of its owner begin with `owner-`. */
export function nearQuotasOf({ limits, remaining, resetMs }: Quota): readonly NearQuota[] {
  const { owner, budgets: _budgets, ...line } = limits;
  return [{ prefix: "", of: line }, ...(owner === undefined ? [] : [{ prefix: "owner-", of: owner }])]
    .flatMap(({ prefix, of }) =>
      QUOTAS.flatMap((name) => {
        const policy = prefix + name;
        const limit = of[name];
        const left = remaining[policy];
        if (limit === undefined || left === undefined) return [];
        return [{ policy, used: Math.max(0, limit - left), limit, resetMs: resetMs[policy] ?? 0 }];
      }),
    )
    .filter(({ used, limit }) => used >= NEAR * limit)
    .toSorted((a, b) => b.used / b.limit - a.used / a.limit);
}

/** Usage by key or owner, the largest first. Keys and owners with a count of zero are left out. */
export function largest(buckets: readonly UsageBucket[], count: "admitted" | "refused"): UsageBucket[] {
  return buckets.filter((bucket) => bucket[count] > 0).toSorted((a, b) => b[count] - a[count]);
}

/** The newest key of a key line: the one without a successor. */
export async function newestKey(access: Access, lineId: string): Promise<ApiKey | undefined> {
  const { keys } = await access.keys.list({ lineageId: lineId, isRotated: false, limit: 1 });
  return keys[0];
}

/** The newest keys of key lines with their quotas. Keys whose limits cannot be read are left out. */
export async function readConsumers(
  access: Access,
  lines: readonly UsageBucket[],
): Promise<readonly Consumer[]> {
  const consumers = lines.map(async (usage) => {
    try {
      const key = await newestKey(access, usage.keyId ?? "");
      return key === undefined ? [] : [{ key, quota: await access.keys.quota(key.id), usage }];
    } catch {
      return [];
    }
  });
  return (await Promise.all(consumers)).flat();
}

/** The keys with the most requests whose quotas are read. */
export const MAX_CONSUMERS = 100;

/** The keys near a quota, as a page. */
export async function keysNearQuota(
  access: Access,
  ownerId: string | undefined,
): Promise<KeyPage & { readonly total: number }> {
  const now = Date.now();
  const period = { from: new Date(now - DAY_MS), to: new Date(now) };
  const lines = await access.usage.query({
    ...period,
    ...(ownerId !== undefined && { ownerId }),
    by: ["key"],
  });
  const consumers = await readConsumers(access, largest(lines, "admitted").slice(0, MAX_CONSUMERS));
  const keys = consumers
    .filter(({ key, quota }) => key.status === "active" && nearQuotasOf(quota).length > 0)
    .map(({ key }) => key);
  return { keys, total: keys.length };
}
