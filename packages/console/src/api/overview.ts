import { createRoute, type OpenAPIHono, type z } from "@hono/zod-openapi";
import type { Access, ApiKey, UsageBucket } from "@keyward/core";
import type { ConsoleEnv } from "../app.ts";
import type { RecentRefusals } from "../recent-refusals.ts";
import { json, PROBLEMS } from "./answers.ts";
import {
  largest,
  MAX_CONSUMERS,
  nearQuotasOf,
  newestKey,
  readConsumers,
  type Consumer,
} from "./near-quota.ts";
import { OverviewSchema } from "./schemas/overview.ts";
import { DAY_MS, HOUR_MS } from "../time.ts";

type Overview = z.infer<typeof OverviewSchema>;

/** Keys that expire within this time expire soon, and keys without a use in it are unused. */
const SOON_MS = 30 * DAY_MS;
const MAX_ROWS = 5;

const overview = createRoute({
  method: "get",
  path: "/overview",
  operationId: "getOverview",
  summary: "Returns the last 24 hours, and the keys that need attention",
  tags: ["Usage"],
  responses: { 200: json(OverviewSchema, "The overview of all keys, or of one owner's."), ...PROBLEMS },
});

export function addOverviewRoute(api: OpenAPIHono<ConsoleEnv>, refusals: RecentRefusals): void {
  api.openapi(overview, async (context) => {
    const { access } = context.var;
    const now = Date.now();
    const traffic = await readTraffic(access, now);
    // Afterwards, because a query of usage also stores when keys were last used.
    const attention = await readAttention(access, now);
    return context.json({ ...traffic, ...attention, ...recentRefusals(refusals, access) }, 200);
  });
}

type Traffic = Pick<
  Overview,
  "from" | "to" | "hours" | "topKeys" | "mostRefused" | "topOwners" | "nearQuota"
>;

async function readTraffic(access: Access, now: number): Promise<Traffic> {
  const to = new Date((Math.floor(now / HOUR_MS) + 1) * HOUR_MS);
  const from = new Date(to.getTime() - DAY_MS);
  // Going through the rows takes most of the time, so that the sums of all keys are read once and sorted here. Stores keep rows in the
  // order of owners and keys, so that grouping by both is faster than by keys.
  const [hours, byKey] = await Promise.all([
    access.usage.query({ from, to, per: "hour" }),
    access.usage.query({ from, to, by: ["owner", "key"] }),
  ]);
  const [consumers, mostRefused] = await Promise.all([
    readConsumers(access, largest(byKey, "admitted").slice(0, MAX_CONSUMERS)),
    readKeys(access, largest(byKey, "refused").slice(0, MAX_ROWS)),
  ]);
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    hours: hours.map(({ start, ...counts }) => ({ start: start.toISOString(), ...countsOf(counts) })),
    topKeys: consumers.slice(0, MAX_ROWS).map(({ key, usage }) => ({ key: refer(key), ...countsOf(usage) })),
    mostRefused,
    topOwners: access.ownerId === undefined ? largestOwners(byKey) : [],
    nearQuota: nearQuota(consumers),
  };
}

/** The owners whose keys together have the most admitted requests. */
function largestOwners(lines: readonly UsageBucket[]): Overview["topOwners"] {
  const sums = new Map<string, { admitted: number; refused: number }>();
  for (const { ownerId, admitted, refused } of lines) {
    if (ownerId === undefined) continue;
    const sum = sums.get(ownerId) ?? { admitted: 0, refused: 0 };
    sum.admitted += admitted;
    sum.refused += refused;
    sums.set(ownerId, sum);
  }
  return [...sums]
    .map(([ownerId, counts]) => ({ ownerId, ...counts }))
    .filter(({ admitted }) => admitted > 0)
    .toSorted((a, b) => b.admitted - a.admitted)
    .slice(0, MAX_ROWS);
}

async function readKeys(access: Access, lines: readonly UsageBucket[]): Promise<Overview["mostRefused"]> {
  const rows = lines.map(async ({ keyId = "", ...counts }) => {
    const key = await newestKey(access, keyId);
    return key === undefined ? [] : [{ key: refer(key), ...countsOf(counts) }];
  });
  return (await Promise.all(rows)).flat();
}

/** The fullest quota of each key, and each owner's once. */
function nearQuota(consumers: readonly Consumer[]): Overview["nearQuota"] {
  const rows = consumers.flatMap(({ key, quota }) =>
    nearQuotasOf(quota).map((use) => ({ key: refer(key), ...use })),
  );
  const bySubject = new Map<string, Overview["nearQuota"][number]>();
  for (const row of rows) {
    const isOwners = row.policy.startsWith("owner-");
    const subject = JSON.stringify(isOwners ? ["owner", row.key.ownerId ?? row.key.id] : ["key", row.key.id]);
    if (!bySubject.has(subject)) bySubject.set(subject, row);
  }
  return [...bySubject.values()].toSorted((a, b) => b.used / b.limit - a.used / a.limit).slice(0, MAX_ROWS);
}

type Attention = Pick<Overview, "keys" | "expiring" | "unused" | "overdue">;

/** Keys that expire soon, are not used, or are overdue for rotation. Keys that were replaced end by themselves. */
async function readAttention(access: Access, now: number): Promise<Attention> {
  const { rotateAfterDays } = access.configuration().keyPolicy;
  const active = { status: "active", isRotated: false } as const;
  const expiring = { ...active, expiresBefore: new Date(now + SOON_MS) };
  const unused = { ...active, unusedSince: new Date(now - SOON_MS) };
  const overdue =
    rotateAfterDays === undefined
      ? undefined
      : { ...active, createdBefore: new Date(now - rotateAfterDays * DAY_MS) };
  const { keys } = access;
  const page = { limit: MAX_ROWS } as const;
  const [counts, expiringKeys, unusedKeys, overdueKeys] = await Promise.all([
    Promise.all([
      keys.count({ status: "active" }),
      keys.count({ status: "paused" }),
      keys.count(expiring),
      keys.count(unused),
      overdue === undefined ? 0 : keys.count(overdue),
    ]),
    keys.list({ ...expiring, ...page }),
    keys.list({ ...unused, ...page }),
    overdue === undefined ? { keys: [] } : keys.list({ ...overdue, ...page }),
  ]);
  return {
    keys: {
      active: counts[0],
      paused: counts[1],
      expiring: counts[2],
      unused: counts[3],
      overdue: counts[4],
    },
    expiring: expiringKeys.keys.flatMap((key) =>
      key.expiresAt === undefined ? [] : [{ key: refer(key), expiresAt: key.expiresAt.toISOString() }],
    ),
    unused: unusedKeys.keys.map((key) => ({
      key: refer(key),
      createdAt: key.createdAt.toISOString(),
      lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    })),
    overdue: overdueKeys.keys.map((key) => ({ key: refer(key), createdAt: key.createdAt.toISOString() })),
  };
}

/** Attempts without a valid key belong to no owner, so that customers do not see them. */
function recentRefusals(
  refusals: RecentRefusals,
  { level, ownerId }: Access,
): Pick<Overview, "refusalsSince" | "revokedInUse" | "failedAttempts"> {
  return {
    refusalsSince: new Date(refusals.startedAt).toISOString(),
    revokedInUse: refusals.revokedKeys(ownerId, MAX_ROWS).map(({ key, count, lastAt, ip }) => ({
      key: refer(key),
      count,
      lastAt: new Date(lastAt).toISOString(),
      lastAddress: ip,
    })),
    failedAttempts:
      level === "operator"
        ? refusals
            .networks(MAX_ROWS)
            .map(({ network, count, lastAt }) => ({ network, count, lastAt: new Date(lastAt).toISOString() }))
        : [],
  };
}

function refer({ id, name, ownerId }: Pick<ApiKey, "id" | "name" | "ownerId">) {
  return { id, name, ownerId: ownerId ?? null };
}

function countsOf({ admitted, refused }: Pick<UsageBucket, "admitted" | "refused">) {
  return { admitted, refused };
}
