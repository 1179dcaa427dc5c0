import { LRUCache } from "lru-cache";
import { RateLimiterCompatibleAbstract, RateLimiterRes } from "rate-limiter-flexible";
import { KeywardError } from "../errors.ts";
import type { Limiter, LimitResult } from "./limiter.ts";
import { checkLimits, type Limits } from "./limits.ts";

/** What `asFlexible()` may be told. */
export interface AsFlexibleOptions {
  /** What `RateLimiterUnion` tells answers apart by; `keyward` if left out. */
  readonly keyPrefix?: string;
}

/** How many keys can be blocked at once. */
const KEYS_BLOCKED = 100_000;

/**
 * Any Keyward limiter as one of rate-limiter-flexible's, for its `RateLimiterUnion`, its wrappers, and as the `insuranceLimiter` of
 * another. Keys that `block()` names, and those that `blockDuration` blocks, are remembered in this process.
 *
 * `remainingPoints` is what the strictest policy leaves; `msBeforeNext` is how long to wait where a request was refused, else when
 * that policy is whole again. `execEvenly` is refused: a bucket that leaks has no even execution.
 *
 * @throws KeywardError `invalid-option` for limits that are none
 *
 * @example
 * ```ts
 * const limits = { rate: 200, burst: 500, daily: 2000 };
 * const guarded = new RateLimiterRedis({ storeClient, points: 10, insuranceLimiter: asFlexible(memoryLimiter(), limits) });
 * ```
 */
export function asFlexible(
  limiter: Limiter,
  limits: Limits,
  options: AsFlexibleOptions = {},
): RateLimiterCompatibleAbstract {
  return new FlexibleView(limiter, checkLimits(limits, "asFlexible limits"), options.keyPrefix ?? "keyward");
}

class FlexibleView extends RateLimiterCompatibleAbstract {
  readonly #limiter: Limiter;
  readonly #limits: Limits;
  readonly #blockedUntil = new LRUCache<string, number>({ max: KEYS_BLOCKED });
  override readonly keyPrefix: string;
  /** Seconds for which a key is blocked that was refused; 0 blocks none. */
  override blockDuration = 0;

  constructor(limiter: Limiter, limits: Limits, keyPrefix: string) {
    super();
    this.#limiter = limiter;
    this.#limits = limits;
    this.keyPrefix = keyPrefix;
    // TypeScript has an accessor only where the class above declares one, which in truth it has.
    Object.defineProperty(this, "execEvenly", {
      get: () => false,
      set(evenly: boolean) {
        if (evenly) throw new KeywardError("invalid-option", "asFlexible execEvenly: got true, wants false.");
      },
    });
  }

  override async consume(key: string | number, points = 1): Promise<RateLimiterRes> {
    const subject = String(key);
    const blockedMs = this.#blockedMs(subject);
    if (blockedMs > 0) throw new RateLimiterRes(0, blockedMs, this.#limits.daily, false);
    const result = await this.#limiter.consume(subject, this.#limits, points);
    if (result.allowed) return this.#answer(result, points);
    if (this.blockDuration > 0) await this.block(key, this.blockDuration);
    throw this.#answer(result, points);
  }

  /** Counts what fits, and never rejects. */
  override async penalty(key: string | number, points = 1): Promise<RateLimiterRes> {
    return this.#answer(await this.#limiter.consume(String(key), this.#limits, points), points);
  }

  override async reward(key: string | number, points = 1): Promise<RateLimiterRes> {
    const subject = String(key);
    if (this.#limiter.giveBack === undefined) {
      throw new KeywardError("invalid-input", "reward: this limiter cannot give back.");
    }
    await this.#limiter.giveBack(subject, this.#limits, points, Date.now());
    return this.#answer(await this.#limiter.peek(subject, this.#limits), 0);
  }

  override async get(key: string | number): Promise<RateLimiterRes | null> {
    const subject = String(key);
    const blockedMs = this.#blockedMs(subject);
    if (blockedMs > 0) return new RateLimiterRes(0, blockedMs, this.#limits.daily, false);
    const answer = this.#answer(await this.#limiter.peek(subject, this.#limits), 0);
    return answer.consumedPoints === 0 ? null : answer;
  }

  /** Has the key stand as if it had consumed so much; how long is the limits' affair. */
  override async set(key: string | number, points: number): Promise<RateLimiterRes> {
    await this.#limiter.reset(String(key));
    return this.penalty(key, points);
  }

  override async block(key: string | number, secDuration: number): Promise<RateLimiterRes> {
    const until = secDuration === 0 ? Number.POSITIVE_INFINITY : Date.now() + secDuration * 1000;
    this.#blockedUntil.set(String(key), until);
    return new RateLimiterRes(0, secDuration * 1000, this.#limits.daily, false);
  }

  override async delete(key: string | number): Promise<boolean> {
    this.#blockedUntil.delete(String(key));
    await this.#limiter.reset(String(key));
    return true;
  }

  #blockedMs(subject: string): number {
    const until = this.#blockedUntil.get(subject);
    if (until === undefined) return 0;
    const left = until - Date.now();
    if (left <= 0) this.#blockedUntil.delete(subject);
    return Math.max(0, left);
  }

  #answer({ allowed, remaining, resetMs, retryAfterMs }: LimitResult, points: number): RateLimiterRes {
    const { sustained, burst, daily } = remaining;
    const least = Math.min(sustained, burst, daily);
    const policy = daily === least ? "daily" : burst === least ? "burst" : "sustained";
    const consumed = this.#limits.daily - daily;
    const waitMs = allowed ? resetMs[policy] : Math.min(retryAfterMs, Number.MAX_SAFE_INTEGER);
    return new RateLimiterRes(allowed ? least : 0, waitMs, consumed, allowed && consumed <= points);
  }
}
