import { LRUCache } from "lru-cache";
import type { AdmissibleKey } from "../admission/admissible-key.ts";
import type { Clock } from "../clock.ts";
import { readQuota, type Quota } from "../limits/limits-control.ts";
import type { Limiter } from "../limits/limiter.ts";
import { DAY_MS, SECOND_MS } from "../time.ts";
import type { Usage, UsageBucket, UsageQueryInput } from "../usage/query.ts";
import type { Me, MeLimits, MeUsage } from "./me.ts";
import { advisePace, type PaceAdvice } from "./pace.ts";

/** Time for which the same body is sent to the same key. */
const CACHED_MS = SECOND_MS;

/** The most keys whose body is cached. */
const MAX_CACHED = 10_000;

export interface MeBodyOptions {
  readonly limiter: Limiter;
  /** Reads what is stored, without storing what was gathered since. */
  readonly usage: Pick<Usage, "query">;
  readonly clock: Clock;
  /** True to include the limits and the usage of all keys of the owner together. */
  readonly includesOwner: boolean;
  readonly storeFailed: (error: unknown) => void;
}

/** Writes the body of `GET <base>/me` for a key. */
export type WriteMe = (key: AdmissibleKey) => Promise<string>;

/** A key can be asked about as often as its limits allow, so that bodies are cached for a second. */
export function createMe(options: MeBodyOptions): WriteMe {
  const { clock } = options;
  const bodies = new LRUCache<string, { readonly at: number; readonly body: Promise<string> }>({
    max: MAX_CACHED,
  });
  const advices = new LRUCache<string, Promise<PaceAdvice | undefined>>({ max: MAX_CACHED });
  return (key) => {
    const now = clock();
    const name = `${key.id} ${key.record.revision} ${key.plan.name}`;
    const cached = bodies.get(name);
    if (cached !== undefined && now >= cached.at && now < cached.at + CACHED_MS) return cached.body;
    const body = describe(key, now, { ...options, advices }).then((me) => JSON.stringify(me));
    bodies.set(name, { at: now, body });
    body.catch(() => bodies.delete(name));
    return body;
  };
}

interface Sources extends MeBodyOptions {
  /** By key line and day: a day that is over does not change. */
  readonly advices: LRUCache<string, Promise<PaceAdvice | undefined>>;
}

async function describe(key: AdmissibleKey, now: number, sources: Sources): Promise<Me> {
  const { record, plan } = key;
  const quota = await readQuota(key, sources.limiter);
  const isOwn = record.ownerId === null;
  const usage = await usageOf(key, now, sources);
  const { owner: ownerLimits, budgets, ...limits } = quota.limits;
  return {
    key: {
      id: record.id,
      name: record.name,
      masked: record.masked,
      environment: record.environment,
      scopes: record.scopes,
      createdAt: new Date(record.createdAt).toISOString(),
      ...(record.expiresAt !== null && { expiresAt: new Date(record.expiresAt).toISOString() }),
      isRotated: record.rotatedTo !== null,
    },
    plan: plan.name,
    // A key without an owner is its own owner.
    ...limitsOf(isOwn ? quota.limits : limits, quota, (policy) => isOwn || isLinePolicy(policy)),
    ...(usage !== undefined && { usage }),
    ...(record.ownerId !== null &&
      sources.includesOwner && {
        owner: {
          id: record.ownerId,
          ...limitsOf(
            { ...(ownerLimits && { owner: ownerLimits }), ...(budgets && { budgets }) },
            quota,
            (policy) => !isLinePolicy(policy),
          ),
          ...(await ownerUsageOf(record.ownerId, now, sources)),
        },
      }),
  };
}

/** Policies of owners and budgets have a name before them. */
function isLinePolicy(policy: string): boolean {
  return !policy.includes("-");
}

function limitsOf(
  limits: Quota["limits"],
  { remaining, resetMs }: Quota,
  isShown: (policy: string) => boolean,
): MeLimits {
  const policies = Object.keys(remaining).filter(isShown);
  return {
    limits,
    remaining: Object.fromEntries(policies.map((policy) => [policy, remaining[policy] ?? 0])),
    resetSeconds: Object.fromEntries(
      policies.map((policy) => [policy, Math.ceil((resetMs[policy] ?? 0) / SECOND_MS)]),
    ),
  };
}

async function usageOf(
  { record, line }: AdmissibleKey,
  now: number,
  { usage, advices, storeFailed }: Sources,
): Promise<Me["usage"]> {
  const whose = { keyId: record.id };
  const today = startOfDay(now);
  const day = new Date(today - DAY_MS).toISOString().slice(0, 10);
  const name = `${record.lineageId} ${day}`;
  try {
    const advice = advices.get(name) ?? adviceFor();
    advices.set(name, advice);
    const yesterday = await advice;
    return { ...(await periodsOf(whose, now, usage)), ...(yesterday !== undefined && { yesterday }) };
  } catch (error) {
    advices.delete(name);
    storeFailed(error);
    return undefined;
  }

  async function adviceFor(): Promise<PaceAdvice | undefined> {
    const period = { from: new Date(today - DAY_MS), to: new Date(today), per: "minute" } as const;
    return advisePace(day, await usage.query({ ...whose, ...period }), line?.rules.limits ?? {});
  }
}

async function ownerUsageOf(
  ownerId: string,
  now: number,
  { usage, storeFailed }: Sources,
): Promise<{ usage?: { readonly today: MeUsage; readonly month: MeUsage } }> {
  try {
    return { usage: await periodsOf({ ownerId }, now, usage) };
  } catch (error) {
    storeFailed(error);
    return {};
  }
}

type Whose = Pick<UsageQueryInput, "keyId"> | Pick<UsageQueryInput, "ownerId">;

async function periodsOf(
  whose: Whose,
  now: number,
  usage: MeBodyOptions["usage"],
): Promise<{ readonly today: MeUsage; readonly month: MeUsage }> {
  const since = async (from: number) =>
    toMeUsage(
      from,
      await usage.query({ ...whose, from: new Date(from), to: new Date(now + 1), by: ["tag"] }),
    );
  return { today: await since(startOfDay(now)), month: await since(startOfMonth(now)) };
}

function startOfDay(now: number): number {
  return Math.floor(now / DAY_MS) * DAY_MS;
}

function startOfMonth(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

function toMeUsage(since: number, buckets: readonly UsageBucket[]): MeUsage {
  const sum = (count: (bucket: UsageBucket) => number) =>
    buckets.reduce((total, bucket) => total + count(bucket), 0);
  const policies = [...new Set(buckets.flatMap(({ refusedBy }) => Object.keys(refusedBy)))];
  return {
    since: new Date(since).toISOString(),
    admitted: sum(({ admitted }) => admitted),
    cost: sum(({ cost }) => cost),
    refused: sum(({ refused }) => refused),
    refusedBy: Object.fromEntries(
      policies.map((policy) => [policy, sum(({ refusedBy }) => refusedBy[policy] ?? 0)]),
    ),
    tags: buckets.map(({ tag, admitted, cost, refused }) => ({
      ...(tag !== undefined && { tag }),
      admitted,
      cost,
      refused,
    })),
  };
}
