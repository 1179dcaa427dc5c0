import type { ProblemCode } from "../admission/refusals.ts";
import type { Clock } from "../clock.ts";
import { KeywardError } from "../errors.ts";
import { checkText, checkTime } from "../keys/input.ts";
import type { ApiKey } from "../keys/record.ts";
import type { Policy } from "../limits/limits.ts";
import type { KeyStore } from "../store/key-store.ts";
import type { UsageStore } from "../store/usage-store.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time.ts";
import { groupByPolicy, groupByTag } from "./group-usage.ts";
import { NETWORKS_KEPT_MS, type UsageRecorder } from "./recorder.ts";
import type { UsageDimension, UsageRow, UsageSelection } from "./usage.ts";

/** Dimensions by which usage can be grouped, besides time. */
export type UsageGroup = UsageDimension | "policy";

/** The usage to return, and its grouping. Minutes, hours and days are UTC; those that `from` and `to` fall into are whole. */
export interface UsageQueryInput {
  /** Returns the usage of the key line that this key belongs to. Not together with `ownerId`. */
  readonly keyId?: string;
  /** Returns the usage of the key lines of up to 1,000 keys, such as those of a page. Not together with `keyId` or `ownerId`. */
  readonly keys?: readonly Pick<ApiKey, "lineageId" | "ownerId">[];
  /** Returns the usage of all keys of this owner. Default: that of all owners and keys. */
  readonly ownerId?: string;
  readonly from: Date;
  /** Excluded. */
  readonly to: Date;
  /** The length of the periods. Minutes are kept for three days. Default: one period from `from` to `to`, in whole hours. */
  readonly per?: "minute" | "hour" | "day" | undefined;
  /** Further dimensions to group by. Default: nothing. */
  readonly by?: readonly UsageGroup[] | undefined;
}

/** Usage in one period, and in one group where the query has groups. */
export interface UsageBucket {
  readonly start: Date;
  /** By `owner`. Absent for keys without an owner. */
  readonly ownerId?: string;
  /** By `key`: the lineage id of the key line, which is the id of its first key. */
  readonly keyId?: string;
  /** By `tag`. Absent for requests without a tag. */
  readonly tag?: string;
  /** By `policy`. Such a bucket has the requests that the policy refused, and nothing else. */
  readonly policy?: Policy;
  /** Admitted requests. */
  readonly admitted: number;
  /** Their total cost. */
  readonly cost: number;
  /** Refused requests. */
  readonly refused: number;
  /** Refused requests by policy. Policies that refused none are left out. A request can be over several policies at once. */
  readonly refusedBy: Readonly<Record<Policy, number>>;
  /** Refused requests by problem code, such as `insufficient-scope`. Codes without any are left out. */
  readonly refusedWith: Readonly<Partial<Record<ProblemCode, number>>>;
  /** Requests admitted in observe mode that would have been refused. */
  readonly observed: number;
  /**
   * The most requests, admitted or refused, in one second. Each process counts its own, and the greatest is kept. 0 where it is not known:
   * for requests without a tag where the query groups by tag.
   */
  readonly busiestSecond: number;
}

/** A network that a key line was used from. */
export interface KeyNetwork {
  /** In CIDR notation, as `allowedAddresses` accepts it. */
  readonly network: string;
  /** The last use from this network, to the hour. */
  readonly lastUsedAt: Date;
}

/** The usage of keys and owners, by time and by group. */
export interface Usage {
  /**
   * Returns the periods with any use, oldest first, up to this moment.
   *
   * @throws KeywardError `invalid-input`
   *
   * @example
   * ```ts
   * await kw.usage.query({ ownerId: "acme", from, to, per: "day", by: ["tag"] });
   * ```
   */
  query(input: UsageQueryInput): Promise<readonly UsageBucket[]>;
  /**
   * Returns the networks that a key line was used from in the last 30 days, the most recently used first: IPv4 /24 and IPv6 /56, up to 100.
   * Of a key with more than one request per second, one request of each second is looked at. Empty for an unknown key.
   */
  networks(keyId: string): Promise<readonly KeyNetwork[]>;
  /** Stores usage that was gathered and is not stored yet. */
  flush(): Promise<void>;
}

const STEP_MS = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS } as const;
const GROUPS: readonly UsageGroup[] = ["owner", "key", "tag", "policy"];
const MAX_KEYS = 1000;

export function createUsage(
  store: UsageStore & Pick<KeyStore, "find">,
  recorder: Pick<UsageRecorder, "flush">,
  clock: Clock,
): Usage {
  /** The key line of a key; `undefined` if there is no such key. */
  async function lineOf(id: string): Promise<{ keyId: string; ownerId: string | null } | undefined> {
    const record = await store.find(id);
    return record && { keyId: record.lineageId, ownerId: record.ownerId };
  }

  return {
    async query(input) {
      const { keyId, ownerId, lines } = checkSubject(input);
      const { per } = input;
      const by = checkGroups(input.by);
      if (per !== undefined && !Object.hasOwn(STEP_MS, per)) fail("per", `"minute", "hour" or "day"`, per);
      const stepMs = per === undefined ? undefined : STEP_MS[per];
      const unitMs = stepMs ?? HOUR_MS;
      const from = Math.floor(checkTime(input.from, "from") / unitMs) * unitMs;
      const to = Math.ceil(checkTime(input.to, "to") / unitMs) * unitMs;
      await recorder.flush();
      const line = keyId === undefined ? {} : await lineOf(keyId);
      if (line === undefined || lines?.length === 0) return [];
      const rows = await store.queryUsage({
        ...(ownerId !== undefined && { ownerId }),
        ...(lines !== undefined && { lines }),
        ...line,
        from,
        to,
        unit: per === "minute" ? "minute" : "hour",
        stepMs,
        by: by.filter((group) => group !== "policy"),
      });
      const grouped = by.includes("tag") ? groupByTag(rows) : rows;
      const buckets = grouped.map(toBucket);
      return by.includes("policy") ? groupByPolicy(buckets) : buckets;
    },
    async networks(id) {
      await recorder.flush();
      const line = await lineOf(checkText(id, "keyId"));
      if (line === undefined) return [];
      const found = await store.listNetworks(line.keyId, clock() - NETWORKS_KEPT_MS);
      return found.map(({ network, at }) => ({ network, lastUsedAt: new Date(at) }));
    },
    flush: () => recorder.flush(),
  };
}

type UsageLine = NonNullable<UsageSelection["lines"]>[number];

interface QuerySubject {
  readonly keyId?: string;
  readonly ownerId?: string;
  readonly lines?: readonly UsageLine[];
}

/** A member that is there and `undefined` is a mistake: the query would return the usage of all customers. */
function checkSubject(input: UsageQueryInput): QuerySubject {
  const { keyId, ownerId, keys } = input as { keyId?: unknown; ownerId?: unknown; keys?: unknown };
  const subjects = ["keyId", "ownerId", "keys"].filter((name) => name in input);
  if (subjects.length > 1) {
    const message = `usage.query accepts one of keyId, ownerId and keys; got ${subjects.join(" and ")}.`;
    throw new KeywardError("invalid-input", message, { field: subjects[1] as string });
  }
  if ("keyId" in input) return { keyId: checkText(keyId, "keyId") };
  if ("keys" in input) return { lines: checkKeys(keys) };
  return "ownerId" in input ? { ownerId: checkText(ownerId, "ownerId") } : {};
}

function checkKeys(keys: unknown): readonly UsageLine[] {
  const accepted = `an array of up to ${MAX_KEYS} API keys`;
  if (!Array.isArray(keys)) return fail("keys", accepted, keys);
  if (keys.length > MAX_KEYS) return fail("keys", accepted, keys.length);
  const lines = keys.map((key: Partial<ApiKey> | null): [string, UsageLine] => {
    const keyId = checkText(key?.lineageId, "keys");
    const ownerId = key?.ownerId === undefined ? null : checkText(key.ownerId, "keys");
    return [keyId, { keyId, ownerId }];
  });
  // Keys of one line are counted together, and returned once.
  return [...new Map(lines).values()];
}

function checkGroups(by: UsageQueryInput["by"] = []): readonly UsageGroup[] {
  if (Array.isArray(by) && by.every((group) => GROUPS.includes(group))) return by;
  return fail("by", `an array of ${GROUPS.map((group) => `"${group}"`).join(", ")}`, by);
}

function fail(field: string, accepted: string, value: unknown): never {
  throw new KeywardError("invalid-input", `${field} must be ${accepted}; got ${String(value)}.`, { field });
}

function toBucket({ start, ownerId, keyId, tag, ...counts }: UsageRow): UsageBucket {
  return {
    start: new Date(start),
    ...(ownerId !== null && { ownerId }),
    ...(keyId !== null && { keyId }),
    ...(tag !== null && { tag }),
    ...counts,
  };
}
