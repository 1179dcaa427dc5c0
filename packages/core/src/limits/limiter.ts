import type { Clock } from "../clock.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { Limits, Policy } from "./limits.ts";
import type { PacingUse } from "./pacing.ts";
import type { Period } from "./periods.ts";

/** A limiter's decision about one subject. A refused request has cost nothing. */
export interface LimitResult {
  readonly allowed: boolean;
  /** The policies that refuse the request, in the order sustained, burst, hourly, daily, weekly, monthly. Empty when allowed. */
  readonly violated: readonly Policy[];
  /**
   * Milliseconds after which the same request is admitted if nothing else comes. 0 when allowed; `Infinity` when its cost is
   * above what the limits can ever admit.
   */
  readonly retryAfterMs: number;
  /** Whole requests that each policy would admit now; never above the policy's own limit. */
  readonly remaining: Readonly<Record<Policy, number>>;
  /** Milliseconds until each policy is whole again if nothing else comes. 0 when it is. */
  readonly resetMs: Readonly<Record<Policy, number>>;
}

/** Charge of a request to one subject. */
export interface Charge {
  /** Requests with the same subject are counted together. The part before the first `|` is its hash tag in Redis. */
  readonly subject: string;
  /** Not changed afterwards: limiters keep what they work out for the object. */
  readonly limits: Limits;
  /** A whole number, 0 or more. */
  readonly cost: number;
  /** Begins the names of the policies, before `-`: `owner` or a budget's name. Default: nothing. */
  readonly name?: string | undefined;
}

/** A decision about several subjects at once: all are charged, or none. */
export interface GroupResult {
  readonly allowed: boolean;
  /** The policies that refuse the request, subject by subject. */
  readonly violated: readonly Policy[];
  /** The longest of the subjects. */
  readonly retryAfterMs: number;
  /** One for each charge, in their order. */
  readonly results: readonly LimitResult[];
}

/** Correction of the charge of an admitted request. */
export interface Correction {
  readonly subject: string;
  /** The limits that the subject has by now, as far as is known. */
  readonly limits: Limits;
  /** Added to the cost that was charged: negative for a refund. */
  readonly cost: number;
  /** Result of the limiter when it charged the subject. A refund needs it, and applies to the periods that were charged then. */
  readonly charged?: LimitResult | undefined;
  /**
   * True if `sustained` and `burst` are corrected in full. If not, a refund leaves them as they are, and a surcharge fills them at
   * most to their limit. Default: true.
   */
  readonly includesPacing?: boolean | undefined;
}

/**
 * Decides whether a subject may spend `cost` under `limits` now, and counts it if so. Implementations keep the guarantees G1 to
 * G8, G10 and G11 of the documentation, or say which they do not keep; `testLimiter()` in `@keyward/testkit` tests them.
 */
export interface Limiter {
  /** Counts `cost` (a whole number, 0 or more) if every policy allows it, or changes nothing. */
  consume(subject: string, limits: Limits, cost: number): MaybePromise<LimitResult>;
  /**
   * Charges several subjects, whose hash tags are the same: all of them, or none. Without it Keyward refuses plans with owner
   * limits or budgets.
   */
  consumeAll?(charges: readonly Charge[]): MaybePromise<GroupResult>;
  /** Returns the result that a request of cost 1 would get, without counting it. */
  peek(subject: string, limits: Limits): MaybePromise<LimitResult>;
  /** Forgets what the subject has used. */
  reset(subject: string): MaybePromise<void>;
  /**
   * Corrects what was charged for admitted requests. A limiter that cannot leaves it out; then what an outer mount counted stays
   * counted, and routes that settle their cost are refused at start.
   */
  correct?(corrections: readonly Correction[]): MaybePromise<void>;
  /** True if it decides as it should, or without the server that it depends on. */
  status?(): LimiterStatus;
  /** Rejects if the server that it depends on does not respond, or cannot count. */
  ping?(): MaybePromise<void>;
  /** Calls `listener` whenever that changes. Returns a function that stops it. */
  onStatus?(listener: (change: LimiterStatusChange) => void): () => void;
  /** Releases timers and connections. */
  close(): Promise<void>;
}

/** True if a limiter decides by its own state, or by a substitute while that cannot be reached. */
export type LimiterStatus = "ok" | "degraded";

/** `error` is what it failed with; `forMs` is how long it was degraded. */
export type LimiterStatusChange =
  | { readonly status: "degraded"; readonly error: unknown }
  | { readonly status: "ok"; readonly forMs: number };

/** Usage of one calendar period by a subject. */
export interface PeriodCount {
  readonly subject: string;
  readonly period: Period;
  readonly used: number;
}

/** Keeps the calendar counts of a limiter that counts in this process, so that they survive a restart. */
export interface CountJournal {
  /** Records an admitted cost, or a refund as a negative one. */
  record(subject: string, period: Period, cost: number): void;
  /** Reads the counts of a subject. Never rejects: `undefined` if they could not be read in time, and `late` gets them then. */
  read(
    subject: string,
    late: (counts: readonly PeriodCount[]) => void,
  ): Promise<readonly PeriodCount[] | undefined>;
  /** Deletes the counts of a subject. */
  reset(subject: string): MaybePromise<void>;
  /** True if what was recorded of a subject more than a minute ago is stored, so that it can be read again. */
  isStored(subject: string): boolean;
}

/** A limiter that keeps its counts in this process and can hand them to a durable store. */
export interface LocalLimiter extends Limiter {
  /** The clock that it goes by. */
  readonly clock: Clock;
  /** `consume`, for a caller that has just read the same clock: reading it costs as much as deciding. */
  consumeAt(subject: string, limits: Limits, cost: number, now: number): MaybePromise<LimitResult>;
  consumeAll(charges: readonly Charge[], now?: number): MaybePromise<GroupResult>;
  /** Forgets a subject here, and leaves its stored counts as they are. */
  forget(subject: string): void;
  /** Adds counts to those of a subject. */
  restore(counts: readonly PeriodCount[]): void;
  /** Makes `sustained` and `burst` of a subject at least as full as they are elsewhere. */
  fill(subject: string, limits: Limits, used: PacingUse): void;
  /** Sets where counts are kept. Subjects that are new to this process are then read from there first. */
  setJournal(journal: CountJournal): void;
}

/** True if a limiter keeps its counts in this process, as `memoryLimiter()` does. */
export function isLocal(limiter: Limiter): limiter is LocalLimiter {
  return "restore" in limiter && "setJournal" in limiter;
}
