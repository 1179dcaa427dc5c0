import type { Clock } from "../clock.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { Limits, Policy } from "./limits.ts";

/** One limiter's answer. A refused request has cost nothing. */
export interface LimitResult {
  readonly allowed: boolean;
  /** The policies that refuse, in the order sustained, burst, daily. Empty when allowed. */
  readonly violated: readonly Policy[];
  /**
   * After how many milliseconds the same request is admitted if nothing else comes. 0 when allowed;
   * `Infinity` when its cost is above what the limits can ever admit.
   */
  readonly retryAfterMs: number;
  /** Whole requests that each policy would admit now; never above the policy's own limit. */
  readonly remaining: Readonly<Record<Policy, number>>;
  /** Milliseconds until each policy is whole again if nothing else comes. 0 when it is. */
  readonly resetMs: Readonly<Record<Policy, number>>;
}

/**
 * Decides whether a subject may spend `cost` under `limits` now, and counts it if so. Implementations
 * keep G1 to G8 of the documentation's guarantees, or say which they do not; `testLimiter()` in
 * `@keyward/testkit` holds them to it.
 */
export interface Limiter {
  /** Counts `cost` (a whole number, 0 or more) if every policy allows it, else changes nothing. */
  consume(subject: string, limits: Limits, cost: number): MaybePromise<LimitResult>;
  /** What a request of cost 1 would be told, without counting it. */
  peek(subject: string, limits: Limits): MaybePromise<LimitResult>;
  /** Forgets what the subject has used. */
  reset(subject: string): MaybePromise<void>;
  /**
   * Takes back a cost that was counted at `admittedMs` for a request which was refused after all. A
   * limiter that cannot leaves it out; then what an outer mount counted stays counted.
   */
  giveBack?(subject: string, limits: Limits, cost: number, admittedMs: number): MaybePromise<void>;
  /** Whether it decides as it should or makes do without the server that it depends on. */
  status?(): LimiterStatus;
  /** Tells whenever that changes. Gives a function that stops it. */
  onStatus?(listener: (change: LimiterStatusChange) => void): () => void;
  /** Carries word of changed keys between the processes that share the limiter's server. */
  readonly changes?: KeyChanges;
  /** Releases timers and connections. */
  close(): Promise<void>;
}

export type LimiterStatus = "ok" | "degraded";

/** `error` is what it failed with; `forMs` is for how long it made do. */
export type LimiterStatusChange =
  | { readonly status: "degraded"; readonly error: unknown }
  | { readonly status: "ok"; readonly forMs: number };

/** Tells other processes which keys were changed, and hears of theirs. */
export interface KeyChanges {
  publish(keyId: string): void;
  /** `undefined` means that any key may have changed: word of it may have been lost. */
  watch(changed: (keyId: string | undefined) => void): () => void;
}

/** What a subject used in one UTC day (`day` is days since the epoch). */
export interface DailyCount {
  readonly subject: string;
  readonly day: number;
  readonly used: number;
}

/** Hears of every admitted cost, and of those taken back as negative ones, so that the day's count can be kept on disk. */
export type DailyJournal = (subject: string, day: number, cost: number) => void;

/** A limiter that keeps its counts in this process and can hand them to a durable store. */
export interface LocalLimiter extends Limiter {
  /** What it tells the time by. */
  readonly clock: Clock;
  /** `consume`, for a caller that has just read the same clock: reading it costs as much as deciding. */
  consumeAt(subject: string, limits: Limits, cost: number, now: number): LimitResult;
  /** Adds counts read at start to those made since. */
  restoreDaily(counts: Iterable<DailyCount>): void;
  /** Sets the receiver of admitted costs, and reports what was admitted before. Called before `restoreDaily`. */
  setJournal(journal: DailyJournal): void;
}

/** Whether a limiter keeps its counts in this process, as `memoryLimiter()` does. */
export function isLocal(limiter: Limiter): limiter is LocalLimiter {
  return "restoreDaily" in limiter && "setJournal" in limiter;
}
