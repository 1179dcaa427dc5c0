import { LRUCache } from "lru-cache";
import { systemClock, type Clock } from "../clock.ts";
import { KeywardError } from "../errors.ts";
import { DAY_MS } from "../limits/algorithm.ts";
import type { DailyCount, LimitResult, LocalLimiter } from "../limits/limiter.ts";
import type { Limits } from "../limits/limits.ts";
import { memoryLimiter } from "../limits/memory.ts";

/** Who decides while Redis cannot be asked. */
export interface Fallback {
  /** @throws KeywardError `limiter-unavailable` where requests are to be refused */
  consume(subject: string, limits: Limits, cost: number): LimitResult;
  peek(subject: string, limits: Limits): LimitResult;
  reset(subject: string): void;
  /** Told what Redis said last, so that a day that is spent stays spent. */
  saw(subject: string, day: number, dayUsed: number): void;
  /** What was admitted since this was last called, for Redis to add. */
  takeCounts(): AdmittedCount[];
  /** What Redis could not be told after all. */
  putBack(count: AdmittedCount): void;
}

/** What a subject was admitted in one UTC day while Redis was away. */
export interface AdmittedCount {
  readonly subject: string;
  readonly limits: Limits;
  used: number;
  /** When the last of it was, as `performance.now()` gives it. */
  lastAt: number;
}

/** Of how many subjects it is remembered what they have used of the day. */
const SUBJECTS_REMEMBERED = 100_000;

/** Decides in this process, with `share` of the limits. */
export class LocalFallback implements Fallback {
  readonly #share: number;
  readonly #clock: Clock;
  #limiter: LocalLimiter;
  #admitted = new Map<string, AdmittedCount>();
  readonly #seen = new LRUCache<string, DailyCount>({ max: SUBJECTS_REMEMBERED });

  constructor(share: number, clock: Clock = systemClock) {
    this.#share = share;
    this.#clock = clock;
    this.#limiter = memoryLimiter({ clock });
  }

  consume(subject: string, limits: Limits, cost: number): LimitResult {
    this.#recall(subject);
    const now = this.#clock();
    const result = this.#limiter.consumeAt(subject, this.#part(limits), cost, now);
    if (result.allowed && cost > 0) {
      this.#count(subject, limits, cost, Math.floor(now / DAY_MS), performance.now());
    }
    return possible(result, limits, cost);
  }

  peek(subject: string, limits: Limits): LimitResult {
    this.#recall(subject);
    return this.#limiter.peek(subject, this.#part(limits)) as LimitResult;
  }

  reset(subject: string): void {
    this.#seen.delete(subject);
    this.#limiter.reset(subject);
  }

  saw(subject: string, day: number, dayUsed: number): void {
    this.#seen.set(subject, { subject, day, used: dayUsed });
  }

  takeCounts(): AdmittedCount[] {
    const counts = [...this.#admitted.values()];
    this.#admitted = new Map();
    // The next time starts from what Redis says then, which has these counts in it.
    if (counts.length > 0) this.#limiter = memoryLimiter({ clock: this.#clock });
    return counts;
  }

  putBack({ subject, limits, used, lastAt }: AdmittedCount): void {
    const agoMs = performance.now() - lastAt;
    this.#count(subject, limits, used, Math.floor((this.#clock() - agoMs) / DAY_MS), lastAt);
  }

  #count(subject: string, limits: Limits, cost: number, day: number, lastAt: number): void {
    const name = `${day} ${subject}`;
    const count = this.#admitted.get(name);
    if (count === undefined) this.#admitted.set(name, { subject, limits, used: cost, lastAt });
    else {
      count.used += cost;
      count.lastAt = Math.max(count.lastAt, lastAt);
    }
  }

  #recall(subject: string): void {
    const seen = this.#seen.get(subject);
    if (seen === undefined) return;
    this.#seen.delete(subject);
    this.#limiter.restoreDaily([{ ...seen, used: Math.ceil(seen.used * this.#share) }]);
  }

  #part({ rate, burst, daily }: Limits): Limits {
    const part = (limit: number) => Math.max(1, Math.floor(limit * this.#share));
    return { rate: part(rate), burst: part(burst), daily: part(daily) };
  }
}

/** A cost that the whole limits admit, but this process's part never, can be asked for again. */
function possible(result: LimitResult, { burst, daily }: Limits, cost: number): LimitResult {
  const never = result.retryAfterMs === Number.POSITIVE_INFINITY;
  return never && cost <= Math.min(burst, daily) ? { ...result, retryAfterMs: 1000 } : result;
}

/** Remembers nothing; `consume` says what becomes of requests. */
function stateless(decide: (limits: Limits) => LimitResult): Fallback {
  return {
    consume: (_subject, limits) => decide(limits),
    peek: (_subject, limits) => decide(limits),
    reset() {},
    saw() {},
    takeCounts: () => [],
    putBack() {},
  };
}

/** Refuses what cannot be counted. */
export function refuseAll(): Fallback {
  return stateless(() => {
    throw new KeywardError("limiter-unavailable", 'Redis cannot be asked, and onUnavailable is "refuse".');
  });
}

/** Admits what cannot be counted. */
export function admitAll(clock: Clock = systemClock): Fallback {
  return stateless(({ rate, burst, daily }) => ({
    allowed: true,
    violated: [],
    retryAfterMs: 0,
    remaining: { sustained: rate, burst, daily },
    resetMs: { sustained: 0, burst: 0, daily: DAY_MS - (Math.floor(clock()) % DAY_MS) },
  }));
}
