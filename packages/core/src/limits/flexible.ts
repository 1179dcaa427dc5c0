import { LRUCache } from "lru-cache";
import { RateLimiterRes, type RateLimiterAbstract } from "rate-limiter-flexible";
import { systemClock, type Clock } from "../clock.ts";
import { KeywardError } from "../errors.ts";
import { DAY_MS } from "./algorithm.ts";
import type { Limiter, LimitResult } from "./limiter.ts";
import { DEFAULT_LIMITS, type Limits, type Policy } from "./limits.ts";

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
  /** What all keys begin with; `keyward` if left out. */
  readonly prefix?: string;
  /** Tells which UTC day it is; the machine's clock if left out. The store counts seconds by its own. */
  readonly clock?: Clock;
}

const POLICIES: readonly Policy[] = ["sustained", "burst", "daily"];
const DAY_SECONDS = DAY_MS / 1000;
/** For how many different sets of limits counters are kept at hand. */
const LIMITS_AT_HAND = 1000;

/**
 * A limiter on any store that rate-limiter-flexible has: PostgreSQL, MongoDB, DynamoDB, Memcached and others. It counts in
 * fixed windows, and so keeps less of what Keyward promises than `memoryLimiter()` and `redisLimiter()`:
 *
 * - G3, G7 and G9 hold. G5 and G6 hold for a client that never bursts.
 * - G1 does not: a second across the edge of two windows admits up to twice `burst`; measured, 999 where the limit is 500.
 * - G2 does not: `sustained` counts in windows as long as it takes to earn a burst, and an interval may touch one more of them.
 * - G4 nearly: what a refused request took is given back at once, but others may be refused in between.
 * - G8 is the store's affair, but for the day, which follows `clock`.
 *
 * Choose it where Redis is not to be had. A store that fails has the request answered 503.
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
    throw new KeywardError(
      "invalid-option",
      "flexibleLimiter create: wants a function that makes a limiter of rate-limiter-flexible.",
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
  readonly #windows = new LRUCache<string, Windows>({ max: LIMITS_AT_HAND });

  constructor(create: FlexibleLimiterOptions["create"], prefix: string, clock: Clock) {
    this.#create = create;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  async consume(subject: string, limits: Limits, cost: number): Promise<LimitResult> {
    const { burst, daily } = limits;
    if (cost === 0) return this.peek(subject, limits);
    const refused = new Set<Policy>();
    const answers = await this.#each(limits, async (policy, window) => {
      try {
        return await window.consume(this.#key(policy, subject), cost);
      } catch (answer) {
        if (!(answer instanceof RateLimiterRes)) throw answer;
        refused.add(policy);
        return answer;
      }
    });
    const violated = POLICIES.filter((policy) => refused.has(policy));
    if (violated.length === 0) return this.#result(limits, answers, violated, 0);
    // A refused request costs nothing, also not where another policy had counted it.
    const before = await this.#each(limits, (policy, window) =>
      window.reward(this.#key(policy, subject), cost),
    );
    const never = cost > burst || cost > daily;
    const waits = violated.map((policy) => this.#untilNext(policy, answers[policy]));
    return this.#result(limits, before, violated, never ? Number.POSITIVE_INFINITY : Math.max(1, ...waits));
  }

  async peek(subject: string, limits: Limits): Promise<LimitResult> {
    const answers = await this.#look(subject, limits);
    const violated = POLICIES.filter((policy) => answers[policy].remainingPoints < 1);
    const waits = violated.map((policy) => this.#untilNext(policy, answers[policy]));
    return this.#result(limits, answers, violated, Math.max(0, ...waits));
  }

  async giveBack(subject: string, limits: Limits, cost: number): Promise<void> {
    if (cost > 0)
      await this.#each(limits, (policy, window) => window.reward(this.#key(policy, subject), cost));
  }

  async reset(subject: string): Promise<void> {
    // Counters have the same names whatever the limits are.
    const windows = this.#windows.values().next().value ?? this.#windowsFor(DEFAULT_LIMITS);
    await Promise.all(POLICIES.map((policy) => windows[policy].delete(this.#key(policy, subject))));
  }

  /** The store is the caller's. */
  async close(): Promise<void> {}

  #look(subject: string, limits: Limits): Promise<Answers> {
    return this.#each(
      limits,
      async (policy, window) =>
        (await window.get(this.#key(policy, subject))) ?? new RateLimiterRes(window.points, 0, 0, true),
    );
  }

  async #each(
    limits: Limits,
    act: (policy: Policy, window: RateLimiterAbstract) => Promise<RateLimiterRes>,
  ): Promise<Answers> {
    const windows = this.#windowsFor(limits);
    const [sustained, burst, daily] = await Promise.all(
      POLICIES.map((policy) => act(policy, windows[policy])),
    );
    return { sustained, burst, daily } as Answers;
  }

  #windowsFor({ rate, burst, daily }: Limits): Windows {
    const name = `${rate} ${burst} ${daily}`;
    const known = this.#windows.get(name);
    if (known !== undefined) return known;
    // As long as it takes to earn a burst: shorter, and bursts would be refused by the rate.
    const seconds = Math.ceil(burst / rate);
    const make = (policy: Policy, points: number, duration: number) =>
      this.#create({ keyPrefix: `${this.#prefix}:${policy}`, points, duration });
    const windows = {
      sustained: make("sustained", rate * seconds, seconds),
      burst: make("burst", burst, 1),
      daily: make("daily", daily, DAY_SECONDS),
    };
    this.#windows.set(name, windows);
    return windows;
  }

  /** The day is in the name of its counter, so that it turns at midnight and not a day after the first request. */
  #key(policy: Policy, subject: string): string {
    return policy === "daily" ? `${Math.floor(this.#clock() / DAY_MS)}:${subject}` : subject;
  }

  #untilNext(policy: Policy, { msBeforeNext }: RateLimiterRes): number {
    return policy === "daily" ? DAY_MS - (Math.floor(this.#clock()) % DAY_MS) : Math.ceil(msBeforeNext);
  }

  #result(
    { rate, burst, daily }: Limits,
    answers: Answers,
    violated: readonly Policy[],
    retryAfterMs: number,
  ): LimitResult {
    const left = (policy: Policy, most: number) =>
      Math.max(0, Math.min(most, Math.floor(answers[policy].remainingPoints)));
    return {
      allowed: violated.length === 0,
      violated,
      retryAfterMs,
      remaining: {
        sustained: left("sustained", rate),
        burst: left("burst", burst),
        daily: left("daily", daily),
      },
      resetMs: {
        sustained: this.#untilNext("sustained", answers.sustained),
        burst: this.#untilNext("burst", answers.burst),
        daily: this.#untilNext("daily", answers.daily),
      },
    };
  }
}
