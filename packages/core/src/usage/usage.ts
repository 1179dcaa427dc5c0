import type { ProblemCode } from "../admission/refusals.ts";
import type { Policy } from "../limits/limits.ts";

/** Requests and their outcomes. */
export interface UsageCounts {
  /** Admitted requests. */
  readonly admitted: number;
  /** Their total cost. */
  readonly cost: number;
  /** Refused requests. */
  readonly refused: number;
  /** Refused requests by policy. A request can be over several policies at once. */
  readonly refusedBy: Readonly<Record<Policy, number>>;
  /** Refused requests by problem code. */
  readonly refusedWith: Readonly<Partial<Record<ProblemCode, number>>>;
  /** Requests admitted in observe mode that would have been refused. Part of `admitted`. */
  readonly observed: number;
  /** The most requests, admitted or refused, in one second, as one process counted them. */
  readonly busiestSecond: number;
}

/** The requests that a row counts. */
export interface UsageDimensions {
  /** `null` for keys without an owner. */
  readonly ownerId: string | null;
  /** The lineage id of a key line; `null` for all keys of the owner together. */
  readonly keyId: string | null;
  /** `null` for requests with any tag or none. */
  readonly tag: string | null;
}

/** Usage in one UTC minute. */
export interface UsageCount extends UsageCounts, UsageDimensions {
  /** The start of the minute, milliseconds since the epoch. */
  readonly minute: number;
}

/** Usage in one period of a query. Dimensions that the query does not group by are `null`. */
export interface UsageRow extends UsageCounts, UsageDimensions {
  /** The start of the period, milliseconds since the epoch. */
  readonly start: number;
}

/** The last admitted request of a key: time and network address. */
export interface LastUse {
  readonly keyId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** In its normal form; `null` if it is not known. */
  readonly address: string | null;
  /** The network of the address, such as `203.0.113.0/24`. Absent if it is not known, or was passed to the store before. */
  readonly network?: string | undefined;
}

/** A network that a key line was used from, and the last time. */
export interface NetworkUse {
  readonly network: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Dimensions by which rows can be grouped, besides time. */
export type UsageDimension = "owner" | "key" | "tag";

/** The usage that a store returns. */
export interface UsageSelection {
  /** A whole minute or hour, milliseconds since the epoch. */
  readonly from: number;
  /** Excluded. */
  readonly to: number;
  /** The resolution of the rows: minutes or hours. */
  readonly unit: "minute" | "hour";
  /** The length of the periods to return; `undefined` for one period, whose start is `from`. */
  readonly stepMs: number | undefined;
  /** An owner, or `null` for keys without an owner. Default: all. */
  readonly ownerId?: string | null | undefined;
  /** The lineage id of a key line of this owner. Default: all. */
  readonly keyId?: string | undefined;
  /** Key lines with their owners, in place of `ownerId` and `keyId`. */
  readonly lines?: readonly { readonly keyId: string; readonly ownerId: string | null }[] | undefined;
  /** By `tag`, the rows of all tags together, whose tag is `null`, are returned too. */
  readonly by: readonly UsageDimension[];
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Counts that are being added to. */
export type UsageTally = Writable<Omit<UsageCounts, "refusedBy" | "refusedWith">> & {
  readonly refusedBy: Record<Policy, number>;
  readonly refusedWith: Partial<Record<ProblemCode, number>>;
};

export function emptyTally(): UsageTally {
  return { admitted: 0, cost: 0, refused: 0, refusedBy: {}, refusedWith: {}, observed: 0, busiestSecond: 0 };
}

export function addToTally(tally: UsageTally, counts: UsageCounts): void {
  tally.admitted += counts.admitted;
  tally.cost += counts.cost;
  tally.refused += counts.refused;
  tally.observed += counts.observed;
  tally.busiestSecond = Math.max(tally.busiestSecond, counts.busiestSecond);
  addEach(tally.refusedBy, counts.refusedBy);
  addEach(tally.refusedWith, counts.refusedWith);
}

/** Adds to the counts of a record, by name. */
export function addEach(
  record: Record<string, number>,
  added: Readonly<Record<string, number | undefined>>,
): void {
  for (const [name, count] of Object.entries(added)) record[name] = (record[name] ?? 0) + (count ?? 0);
}
