import type { Policy } from "../limits/limits.ts";
import { HOUR_MS } from "../time.ts";

export { HOUR_MS };

/** What was done in one UTC hour. A refused request can be over several policies at once. */
export interface UsageHour {
  /** The start of the hour, milliseconds since the epoch. */
  readonly hour: number;
  /** Admitted requests. */
  readonly admitted: number;
  /** Their total cost. */
  readonly cost: number;
  /** Requests refused by a limit. */
  readonly refused: number;
  /** Refused requests by policy. Policies that refused none are left out. */
  readonly refusedBy: Readonly<Record<Policy, number>>;
  /** Requests admitted in observe mode that would have been refused. Part of `admitted`. */
  readonly observed: number;
}

/** What one key did in one UTC hour. */
export interface UsageCount extends UsageHour {
  readonly keyId: string;
}

/** When a key's last request was admitted, and the network address it came from. */
export interface LastUse {
  readonly keyId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** In its normal form; `null` if it is not known. */
  readonly address: string | null;
}

/** Whose usage: a key's, or that of all keys of an owner together. */
export type UsageSubject = { readonly keyId: string } | { readonly ownerId: string };

/** Which hours: `from` is included, `to` is not. Milliseconds since the epoch. */
export type UsageSelection = UsageSubject & { readonly from: number; readonly to: number };

/** The counts that are summed when hours become days, and batches become hours; `refusedBy` is summed by policy. */
export const USAGE_SUMS = [
  "admitted",
  "cost",
  "refused",
  "observed",
] as const satisfies readonly (keyof UsageHour)[];

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** A count that is being added to. */
export type UsageTally = Writable<Omit<UsageHour, "refusedBy">> & { refusedBy: Record<Policy, number> };

export function emptyTally(hour: number): UsageTally {
  return { hour, admitted: 0, cost: 0, refused: 0, refusedBy: {}, observed: 0 };
}

export function addToTally(tally: UsageTally, count: UsageHour): void {
  for (const name of USAGE_SUMS) tally[name] += count[name];
  for (const [policy, refused] of Object.entries(count.refusedBy)) addRefused(tally, policy, refused);
}

/** Counts refused requests of a policy. */
export function addRefused(tally: UsageTally, policy: Policy, refused: number): void {
  tally.refusedBy[policy] = (tally.refusedBy[policy] ?? 0) + refused;
}

/** The hours as hours or days (`stepMs`), each once, oldest first. */
export function mergeUsage(hours: Iterable<UsageHour>, stepMs: number): UsageTally[] {
  const byStart = new Map<number, UsageTally>();
  for (const count of hours) {
    const start = Math.floor(count.hour / stepMs) * stepMs;
    const tally = byStart.get(start) ?? emptyTally(start);
    byStart.set(start, tally);
    addToTally(tally, count);
  }
  return [...byStart.values()].toSorted((a, b) => a.hour - b.hour);
}
