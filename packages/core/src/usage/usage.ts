/** Milliseconds in an hour. */
export const HOUR_MS = 3_600_000;

/** What one key did in one UTC hour. A refused request can be over several policies at once. */
export interface UsageCount {
  readonly keyId: string;
  /** The start of the hour, milliseconds since the epoch. */
  readonly hour: number;
  /** Requests that were let through. */
  readonly admitted: number;
  /** What they cost together. */
  readonly cost: number;
  /** Requests refused for a limit. */
  readonly refused: number;
  readonly refusedSustained: number;
  readonly refusedBurst: number;
  readonly refusedDaily: number;
  /** Requests let through in observe mode that would have been refused. Part of `admitted`. */
  readonly observed: number;
  /** When the last request of the hour was admitted; 0 if none was. */
  readonly lastUsedAt: number;
}

/** Which hours of a key: `from` is part of it, `to` is not. Milliseconds since the epoch. */
export interface UsageQuery {
  readonly keyId: string;
  readonly from: number;
  readonly to: number;
}

/** The counts that are summed when hours become days, and batches become hours. */
export const USAGE_SUMS = [
  "admitted",
  "cost",
  "refused",
  "refusedSustained",
  "refusedBurst",
  "refusedDaily",
  "observed",
] as const satisfies readonly (keyof UsageCount)[];

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** A count that is being added to. */
export type UsageTally = Writable<UsageCount>;

export function emptyTally(keyId: string, hour: number): UsageTally {
  return {
    keyId,
    hour,
    admitted: 0,
    cost: 0,
    refused: 0,
    refusedSustained: 0,
    refusedBurst: 0,
    refusedDaily: 0,
    observed: 0,
    lastUsedAt: 0,
  };
}

export function addToTally(tally: UsageTally, count: UsageCount): void {
  for (const name of USAGE_SUMS) tally[name] += count[name];
  if (count.lastUsedAt > tally.lastUsedAt) tally.lastUsedAt = count.lastUsedAt;
}
