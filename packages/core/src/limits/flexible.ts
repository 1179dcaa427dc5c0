/// <reference path="./rate-limiter-files.d.ts" />
import { LRUCache } from "lru-cache";
import type { RateLimiterAbstract } from "rate-limiter-flexible";
import RateLimiterRes from "rate-limiter-flexible/lib/RateLimiterRes.js";
import { systemClock, type Clock } from "../clock.ts";
import { rejectOption } from "../option-error.ts";
import { SECOND_MS } from "../time.ts";
import type { Correction, Limiter, LimitResult } from "./limiter.ts";
import { DEFAULT_LIMITS, QUOTA_NAMES, type Limits, type Policy } from "./limits.ts";
import { rulesOf, type QuotaRule, type Rules } from "./rules.ts";
import { Turns } from "./turns.ts";

/** Window of a limiter of rate-limiter-flexible. */
export interface FlexibleWindow {
  readonly keyPrefix: string;
  readonly points: number;
  /** Seconds. */
  readonly duration: number;
}

/** The store that `flexibleLimiter()` counts in. */
export interface FlexibleLimiterOptions {
  /** Creates a limiter on the store of your choice. Called once for each policy of each set of limits. */
  readonly create: (window: FlexibleWindow) => RateLimiterAbstract;
  /** The beginning of all keys. Default: `keyward`. */
  readonly prefix?: string | undefined;
  /** Decides which calendar period it is. Default: the machine's clock. The store counts seconds by its own. */
  readonly clock?: Clock | undefined;
}

/** Sets of limits whose counters are kept at hand. */
const MAX_LIMITS_AT_HAND = 1000;
/** Lifetime of the counters of calendar quotas in seconds: the longest period. They carry the start of their period. */
const PERIOD_SECONDS = { hourly: 3600, daily: 90_000, weekly: 608_400, monthly: 2_682_000 } as const;

/**
 * A limiter on any store that rate-limiter-flexible supports: PostgreSQL, MongoDB, DynamoDB, Memcached and others. It counts in
 * fixed windows, and so keeps less of what Keyward promises than `memoryLimiter()` and `redisLimiter()`:
 *
 * - No window admits more than its limit, no calendar period more than its quota (G3), and G7 and G9 hold. G5 and G6 hold for a client that
 *   never bursts.
 * - G1 does not hold: one `per` across the edge of two windows admits up to twice `burst`.
 * - G2 does not hold: `sustained` counts in windows as long as it takes to earn a burst, and an interval may touch one more of them.
 * - G4 holds in one process. Where several decide about one key at the same moment, a refused request may use up part of a window of
 *   `burst` or `sustained`, never of a calendar period.
 * - G8 depends on the store, except for calendar periods, which follow `clock`. G11 holds for calendar quotas.
 * - It charges one subject per request: plans with owner limits or budgets are rejected at start.
 *
 * Requests of one key are decided one after another, with two calls of the store for each policy. What a request is charged in `burst` and
 * `sustained` is not refunded. If the store fails, the request gets 503.
 *
 * @throws KeywardError `invalid-option`
 *
 * @example
 * ```ts
 * const limiter = flexibleLimiter({
 *   create: (window) => new RateLimiterPostgres({ storeClient: pool, tableName: "limits", ...window }),
 * });
 * ```
 */
export function flexibleLimiter(options: FlexibleLimiterOptions): Limiter {
  if (typeof options?.create !== "function") {
    rejectOption(
      "flexibleLimiter create",
      options?.create,
      "a function that creates a limiter of rate-limiter-flexible",
    );
  }
  return new FlexibleLimiter(options.create, options.prefix ?? "keyward", options.clock ?? systemClock);
}

/** A fixed window that one policy counts in. */
interface PolicyWindow {
  readonly policy: Policy;
  /** Limit of the counter, and the maximum of `remaining`. */
  readonly points: number;
  readonly maxRemaining: number;
  readonly limiter: RateLimiterAbstract;
  /** Set for calendar quotas, whose counters carry the start of their period. */
  readonly quota: QuotaRule | undefined;
}

class FlexibleLimiter implements Limiter {
  readonly #create: FlexibleLimiterOptions["create"];
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #windows = new LRUCache<string, readonly PolicyWindow[]>({ max: MAX_LIMITS_AT_HAND });
  readonly #turns = new Turns();

  constructor(create: FlexibleLimiterOptions["create"], prefix: string, clock: Clock) {
    this.#create = create;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  async consume(subject: string, limits: Limits, cost: number): Promise<LimitResult> {
    const rules = rulesOf(limits);
    if (cost === 0) return this.peek(subject, limits);
    if (cost > rules.maxCost) return this.#refuseForGood(subject, rules, cost);
    return this.#turns.run(subject, () => this.#consumeNow(subject, rules, cost));
  }

  async peek(subject: string, limits: Limits): Promise<LimitResult> {
    const windows = this.#windowsFor(rulesOf(limits));
    return this.#judge(windows, await this.#look(windows, subject), 1);
  }

  /**
   * Corrects calendar quotas alone: their counters carry their period, so that a refund never opens another one. The windows of `burst`
   * and `sustained` may have ended in the meantime, and a refund would raise the limit of the next.
   */
  async correct(corrections: readonly Correction[]): Promise<void> {
    for (const { subject, limits, cost, charged } of corrections) {
      const admittedMs = charged instanceof FlexibleResult ? charged.atMs : this.#clock();
      for (const window of this.#windowsFor(rulesOf(limits))) {
        if (window.quota === undefined || cost === 0) continue;
        const key = this.#key(window, subject, cost < 0 ? admittedMs : this.#clock());
        if (cost > 0) await window.limiter.penalty(key, cost);
        // It may have been reset in the meantime.
        else if (((await window.limiter.get(key))?.consumedPoints ?? 0) >= -cost)
          await window.limiter.reward(key, -cost);
      }
    }
  }

  async reset(subject: string): Promise<void> {
    // The names of counters do not depend on the limits, so any limits with all policies cover them.
    const all = { ...DEFAULT_LIMITS, ...Object.fromEntries(QUOTA_NAMES.map((name) => [name, 1])) };
    const windows = [...[...this.#windows.values()].flat(), ...this.#windowsFor(rulesOf(all))];
    await Promise.all(windows.map((window) => window.limiter.delete(this.#key(window, subject))));
  }

  /** The store is the caller's. */
  async close(): Promise<void> {}

  /** Looks before it counts, so that a refused request is not counted. */
  async #consumeNow(subject: string, rules: Rules, cost: number): Promise<LimitResult> {
    const windows = this.#windowsFor(rules);
    const seen = this.#judge(windows, await this.#look(windows, subject), cost);
    if (!seen.allowed) return seen;
    // Another process may be faster. Then this request has been counted, but never in a calendar period, which comes last.
    const paced = windows.filter(({ quota }) => quota === undefined);
    const answers = new Map<PolicyWindow, RateLimiterRes>();
    await Promise.all(
      paced.map(async (window) => answers.set(window, await this.#count(window, subject, cost))),
    );
    const fits = paced.every((window) => (answers.get(window)?.consumedPoints ?? 0) <= window.points);
    for (const window of windows) {
      if (window.quota === undefined) continue;
      answers.set(
        window,
        fits ? await this.#count(window, subject, cost) : await this.#lookAt(window, subject),
      );
    }
    return this.#judge(windows, answers, 0);
  }

  async #refuseForGood(subject: string, rules: Rules, cost: number): Promise<LimitResult> {
    const windows = this.#windowsFor(rules);
    return this.#judge(windows, await this.#look(windows, subject), cost, true);
  }

  async #look(windows: readonly PolicyWindow[], subject: string): Promise<Map<PolicyWindow, RateLimiterRes>> {
    const answers = await Promise.all(windows.map((window) => this.#lookAt(window, subject)));
    return new Map(windows.map((window, index) => [window, answers[index] as RateLimiterRes]));
  }

  async #lookAt(window: PolicyWindow, subject: string): Promise<RateLimiterRes> {
    const count = await window.limiter.get(this.#key(window, subject));
    return count ?? new RateLimiterRes(window.points, 0, 0, true);
  }

  /** Counts the cost, whether or not it exceeds the limit. */
  async #count(window: PolicyWindow, subject: string, cost: number): Promise<RateLimiterRes> {
    try {
      return await window.limiter.consume(this.#key(window, subject), cost);
    } catch (answer) {
      if (!isAnswer(answer)) throw answer;
      // A key that is blocked is refused without a count.
      const consumed = Math.max(answer.consumedPoints, window.points + 1);
      return new RateLimiterRes(0, answer.msBeforeNext, consumed, false);
    }
  }

  #windowsFor(rules: Rules): readonly PolicyWindow[] {
    const name = JSON.stringify(rules.limits);
    const existing = this.#windows.get(name);
    if (existing !== undefined) return existing;
    const windows = this.#makeWindows(rules);
    this.#windows.set(name, windows);
    return windows;
  }

  #makeWindows({ pace, sustainedPolicy, burstPolicy, quotas }: Rules): readonly PolicyWindow[] {
    const make = (policy: Policy, points: number, duration: number) =>
      this.#create({ keyPrefix: `${this.#prefix}:${policy}`, points, duration });
    const windows: PolicyWindow[] = [];
    if (pace !== undefined) {
      const { rate, burst, perMs } = pace;
      const seconds = perMs / SECOND_MS;
      // As long as it takes to earn a burst: in a shorter window, the rate would refuse bursts.
      const units = Math.ceil(burst / rate);
      const sustained = make(sustainedPolicy, rate * units, seconds * units);
      windows.push(
        {
          policy: sustainedPolicy,
          points: rate * units,
          maxRemaining: rate,
          limiter: sustained,
          quota: undefined,
        },
        {
          policy: burstPolicy,
          points: burst,
          maxRemaining: burst,
          limiter: make(burstPolicy, burst, seconds),
          quota: undefined,
        },
      );
    }
    for (const quota of quotas) {
      const { policy, limit } = quota;
      const limiter = make(policy, limit, PERIOD_SECONDS[quota.name]);
      windows.push({ policy, points: limit, maxRemaining: limit, limiter, quota });
    }
    return windows;
  }

  /** The start of the period is in the name of its counter, so that it turns with the calendar and not after the first request. */
  #key({ quota }: PolicyWindow, subject: string, atMs = this.#clock()): string {
    return quota === undefined ? subject : `${quota.calendar.periodAt(atMs).startMs}:${subject}`;
  }

  #untilNext({ quota }: PolicyWindow, { msBeforeNext }: RateLimiterRes, now: number): number {
    if (quota === undefined) return Math.max(0, Math.ceil(msBeforeNext));
    return quota.calendar.periodAt(now).endMs - Math.floor(now);
  }

  /** The result for a request that would cost so much more than was counted. */
  #judge(
    windows: readonly PolicyWindow[],
    answers: ReadonlyMap<PolicyWindow, RateLimiterRes>,
    cost: number,
    isForGood = false,
  ): LimitResult {
    const now = this.#clock();
    const states = windows.map((window) => {
      const answer = answers.get(window) ?? new RateLimiterRes(window.points, 0, 0, true);
      const used = answer.consumedPoints;
      return {
        policy: window.policy,
        isViolated: used + cost > window.points,
        left: Math.max(0, Math.min(window.maxRemaining, window.points - used)),
        waitMs: this.#untilNext(window, answer, now),
      };
    });
    const violated = states.filter(({ isViolated }) => isViolated);
    const waitMs = Math.max(0, ...violated.map((state) => Math.max(1, state.waitMs)));
    return new FlexibleResult({
      allowed: violated.length === 0,
      violated: violated.map(({ policy }) => policy),
      retryAfterMs: isForGood ? Infinity : waitMs,
      remaining: Object.fromEntries(states.map(({ policy, left }) => [policy, left])),
      resetMs: Object.fromEntries(states.map((state) => [state.policy, state.waitMs])),
      atMs: now,
    });
  }
}

/** A result that remembers when it was given, so that a refund goes to the periods that were charged. */
class FlexibleResult implements LimitResult {
  readonly allowed: boolean;
  readonly violated: readonly Policy[];
  readonly retryAfterMs: number;
  readonly remaining: Readonly<Record<Policy, number>>;
  readonly resetMs: Readonly<Record<Policy, number>>;
  readonly atMs: number;

  constructor({
    allowed,
    violated,
    retryAfterMs,
    remaining,
    resetMs,
    atMs,
  }: LimitResult & { readonly atMs: number }) {
    this.allowed = allowed;
    this.violated = violated;
    this.retryAfterMs = retryAfterMs;
    this.remaining = remaining;
    this.resetMs = resetMs;
    this.atMs = atMs;
  }
}

/** The application may have another copy of rate-limiter-flexible, whose results are of another class. */
function isAnswer(value: unknown): value is RateLimiterRes {
  return typeof value === "object" && value !== null && "consumedPoints" in value && "msBeforeNext" in value;
}
