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
  readonly #limiter: LocalLimiter;
  #admitted = new Map<string, AdmittedCount>();
  /** What Redis last said that a subject has used of its day. */
  readonly #seen = new LRUCache<string, { day: number; used: number }>({ max: SUBJECTS_REMEMBERED });
  /** How much of a day the limiter here counts that Redis counts too: it was seen there, or handed over. */
  readonly #shared = new LRUCache<string, DailyCount>({ max: SUBJECTS_REMEMBERED });

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
    this.#shared.delete(subject);
    for (const [name, count] of this.#admitted) if (count.subject === subject) this.#admitted.delete(name);
    void this.#limiter.reset(subject);
  }

  saw(subject: string, day: number, dayUsed: number): void {
    const seen = this.#seen.get(subject);
    if (seen === undefined) this.#seen.set(subject, { day, used: dayUsed });
    else {
      seen.day = day;
      seen.used = dayUsed;
    }
  }

  takeCounts(): AdmittedCount[] {
    const counts = [...this.#admitted.values()];
    this.#admitted = new Map();
    for (const count of counts) this.#handed(count, count.used);
    return counts;
  }

  putBack(count: AdmittedCount): void {
    this.#handed(count, -count.used);
    this.#count(count.subject, count.limits, count.used, this.#dayOf(count), count.lastAt);
  }

  #dayOf({ lastAt }: AdmittedCount): number {
    return Math.floor((this.#clock() - (performance.now() - lastAt)) / DAY_MS);
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

  /** Notes that Redis counts so much more of what is counted here; a negative number takes it back. */
  #handed(count: AdmittedCount, used: number): void {
    const day = this.#dayOf(count);
    this.#shared.set(count.subject, {
      subject: count.subject,
      day,
      used: this.#sharedOn(count.subject, day) + used,
    });
  }

  #sharedOn(subject: string, day: number): number {
    const shared = this.#shared.get(subject);
    return shared?.day === day ? shared.used : 0;
  }

  /** Brings the count here up to what Redis said, without counting twice what it has from here. */
  #recall(subject: string): void {
    const seen = this.#seen.get(subject);
    if (seen === undefined) return;
    this.#seen.delete(subject);
    const { day } = seen;
    const used = Math.ceil(seen.used * this.#share);
    const missing = used - this.#sharedOn(subject, day);
    if (missing <= 0) return;
    this.#limiter.restoreDaily([{ subject, day, used: missing }]);
    this.#shared.set(subject, { subject, day, used });
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
