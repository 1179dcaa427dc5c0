import { LRUCache } from "lru-cache";
import { RateLimiterRes, type RateLimiterAbstract } from "rate-limiter-flexible";
import { systemClock, type Clock } from "../clock.ts";
import { rejectOption } from "../option-error.ts";
import { DAY_MS } from "./algorithm.ts";
import type { Limiter, LimitResult } from "./limiter.ts";
import { DEFAULT_LIMITS, type Limits, type Policy } from "./limits.ts";
import { Turns } from "./turns.ts";

/** What one of rate-limiter-flexible's limiters is to count. */
export interface FlexibleWindow {
  readonly keyPrefix: string;
  readonly points: number;
  /** Seconds. */
  readonly duration: number;
}

/** Which store `flexibleLimiter()` counts in. */
export interface FlexibleLimiterOptions {
  /** Makes a limiter on the store of your choice. Called three times for each set of limits. */
  readonly create: (window: FlexibleWindow) => RateLimiterAbstract;
  /** The beginning of all keys. Default: `keyward`. */
  readonly prefix?: string;
  /** Decides which UTC day it is. Default: the machine's clock. The store counts seconds by its own. */
  readonly clock?: Clock;
}

const POLICIES: readonly Policy[] = ["sustained", "burst", "daily"];
const DAY_SECONDS = DAY_MS / 1000;
/** Sets of limits whose counters are kept at hand. */
const MAX_LIMITS_AT_HAND = 1000;

/**
 * A limiter on any store that rate-limiter-flexible supports: PostgreSQL, MongoDB, DynamoDB, Memcached and others. It counts in
 * fixed windows, and so keeps less of what Keyward promises than `memoryLimiter()` and `redisLimiter()`:
 *
 * - No window admits more than its limit, no UTC day more than `daily` (G3), and G7 and G9 hold. G5 and G6 hold for a client that never bursts.
 * - G1 does not hold: a second across the edge of two windows admits up to twice `burst`.
 * - G2 does not hold: `sustained` counts in windows as long as it takes to earn a burst, and an interval may touch one more of them.
 * - G4 holds in one process. Where several decide about one key at the same moment, a refused request may use up part of a window of
 *   `burst` or `sustained`, never of a day.
 * - G8 depends on the store, except for the day, which follows `clock`.
 *
 * Requests of one key are decided one after another, with three calls of the store each. What a request is charged in `burst` and `sustained` is
 * not refunded. A store that fails has the request answered 503.
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
      "a function that makes a limiter of rate-limiter-flexible",
    );
  }
  return new FlexibleLimiter(options.create, options.prefix ?? "keyward", options.clock ?? systemClock);
}

type Windows = Readonly<Record<Policy, RateLimiterAbstract>>;
type Answers = Readonly<Record<Policy, RateLimiterRes>>;

class FlexibleLimiter implements Limiter {
  readonly #create: FlexibleLimiterOptions["create"];
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #windows = new LRUCache<string, Windows>({ max: MAX_LIMITS_AT_HAND });
  readonly #turns = new Turns();

  constructor(create: FlexibleLimiterOptions["create"], prefix: string, clock: Clock) {
    this.#create = create;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  async consume(subject: string, limits: Limits, cost: number): Promise<LimitResult> {
    if (cost === 0) return this.peek(subject, limits);
    if (cost > Math.min(limits.burst, limits.daily)) return this.#refuseForGood(subject, limits, cost);
    return this.#turns.run(subject, () => this.#consumeNow(subject, limits, cost));
  }

  async peek(subject: string, limits: Limits): Promise<LimitResult> {
    return this.#judge(limits, await this.#look(subject, limits), 1);
  }

  /**
   * Refunds the day alone: its counter carries the date, so that a refund never opens another one. The windows of `burst`
   * and `sustained` may have turned meanwhile, and a refund would raise the limit of the next.
   */
  async giveBack(subject: string, limits: Limits, cost: number, admittedMs: number): Promise<void> {
    if (cost === 0) return;
    const { daily } = this.#windowsFor(limits);
    const key = this.#key("daily", subject, admittedMs);
    const count = await daily.get(key);
    // It may have been reset meanwhile.
    if (count !== null && count.consumedPoints >= cost) await daily.reward(key, cost);
  }

  async reset(subject: string): Promise<void> {
    // Counters have the same names whatever the limits are.
    const windows = this.#windows.values().next().value ?? this.#windowsFor(DEFAULT_LIMITS);
    await Promise.all(POLICIES.map((policy) => windows[policy].delete(this.#key(policy, subject))));
  }

  /** The store is the caller's. */
  async close(): Promise<void> {}

  /** Looks before it counts, so that a refused request is not counted. */
  async #consumeNow(subject: string, limits: Limits, cost: number): Promise<LimitResult> {
    const seen = this.#judge(limits, await this.#look(subject, limits), cost);
    if (!seen.allowed) return seen;
    // Another process may be faster. Then this request has been counted, but never in the day, which comes last.
    const [sustained, burst] = await Promise.all([
      this.#count("sustained", subject, limits, cost),
      this.#count("burst", subject, limits, cost),
    ]);
    const fits = isWithin(limits, "sustained", sustained) && isWithin(limits, "burst", burst);
    const daily = fits
      ? await this.#count("daily", subject, limits, cost)
      : await this.#lookAt("daily", subject, limits);
    return this.#judge(limits, { sustained, burst, daily }, 0);
  }

  async #refuseForGood(subject: string, limits: Limits, cost: number): Promise<LimitResult> {
    const result = this.#judge(limits, await this.#look(subject, limits), cost);
    return { ...result, retryAfterMs: Number.POSITIVE_INFINITY };
  }

  async #look(subject: string, limits: Limits): Promise<Answers> {
    const [sustained, burst, daily] = await Promise.all([
      this.#lookAt("sustained", subject, limits),
      this.#lookAt("burst", subject, limits),
      this.#lookAt("daily", subject, limits),
    ]);
    return { sustained, burst, daily };
  }

  async #lookAt(policy: Policy, subject: string, limits: Limits): Promise<RateLimiterRes> {
    const count = await this.#windowsFor(limits)[policy].get(this.#key(policy, subject));
    return count ?? new RateLimiterRes(pointsOf(limits, policy), 0, 0, true);
  }

  /** Counts the cost, whether or not it exceeds the limit. */
  async #count(policy: Policy, subject: string, limits: Limits, cost: number): Promise<RateLimiterRes> {
    try {
      return await this.#windowsFor(limits)[policy].consume(this.#key(policy, subject), cost);
    } catch (answer) {
      if (!isAnswer(answer)) throw answer;
      // A key that is blocked is refused without a count.
      const consumed = Math.max(answer.consumedPoints, pointsOf(limits, policy) + 1);
      return new RateLimiterRes(0, answer.msBeforeNext, consumed, false);
    }
  }

  #windowsFor(limits: Limits): Windows {
    const { rate, burst, daily } = limits;
    const name = `${rate} ${burst} ${daily}`;
    const known = this.#windows.get(name);
    if (known !== undefined) return known;
    const make = (policy: Policy, duration: number) =>
      this.#create({ keyPrefix: `${this.#prefix}:${policy}`, points: pointsOf(limits, policy), duration });
    const windows = {
      sustained: make("sustained", secondsOf(limits)),
      burst: make("burst", 1),
      daily: make("daily", DAY_SECONDS),
    };
    this.#windows.set(name, windows);
    return windows;
  }

  /** The day is in the name of its counter, so that it turns at midnight and not a day after the first request. */
  #key(policy: Policy, subject: string, atMs = this.#clock()): string {
    return policy === "daily" ? `${Math.floor(atMs / DAY_MS)}:${subject}` : subject;
  }

  #untilNext(policy: Policy, { msBeforeNext }: RateLimiterRes): number {
    return policy === "daily"
      ? DAY_MS - (Math.floor(this.#clock()) % DAY_MS)
      : Math.max(0, Math.ceil(msBeforeNext));
  }

  /** The result for a request that would cost so much more than was counted. */
  #judge(limits: Limits, answers: Answers, cost: number): LimitResult {
    const violated = POLICIES.filter(
      (policy) => answers[policy].consumedPoints + cost > pointsOf(limits, policy),
    );
    const left = (policy: Policy, max: number) =>
      Math.max(0, Math.min(max, pointsOf(limits, policy) - answers[policy].consumedPoints));
    return {
      allowed: violated.length === 0,
      violated,
      retryAfterMs: Math.max(
        0,
        ...violated.map((policy) => Math.max(1, this.#untilNext(policy, answers[policy]))),
      ),
      remaining: {
        sustained: left("sustained", limits.rate),
        burst: left("burst", limits.burst),
        daily: left("daily", limits.daily),
      },
      resetMs: {
        sustained: this.#untilNext("sustained", answers.sustained),
        burst: this.#untilNext("burst", answers.burst),
        daily: this.#untilNext("daily", answers.daily),
      },
    };
  }
}

/** As long as it takes to earn a burst: in a shorter window, the rate would refuse bursts. */
function secondsOf({ rate, burst }: Limits): number {
  return Math.ceil(burst / rate);
}

function pointsOf(limits: Limits, policy: Policy): number {
  return policy === "sustained" ? limits.rate * secondsOf(limits) : limits[policy];
}

function isWithin(limits: Limits, policy: Policy, { consumedPoints }: RateLimiterRes): boolean {
  return consumedPoints <= pointsOf(limits, policy);
}

/** The application may have another copy of rate-limiter-flexible, whose answers are of another class. */
function isAnswer(value: unknown): value is RateLimiterRes {
  return typeof value === "object" && value !== null && "consumedPoints" in value && "msBeforeNext" in value;
}
