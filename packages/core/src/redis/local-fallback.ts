import { LRUCache } from "lru-cache";
import type { Clock } from "../clock.ts";
import { KeywardError } from "../errors.ts";
import { toGroupResult } from "../limits/group.ts";
import type { Correction, GroupResult, LimitResult, LocalLimiter, PeriodCount } from "../limits/limiter.ts";
import { memoryLimiter } from "../limits/memory.ts";
import type { Period } from "../limits/periods.ts";
import { openCounts } from "../limits/quotas.ts";
import { rulesOf, type Rules } from "../limits/rules.ts";
import type { SubjectState } from "../limits/subject.ts";
import { whenReady, type MaybePromise } from "../maybe-promise.ts";
import type { Fallback, RuledCharge } from "./fallback.ts";
import type { LocalUse } from "./hand-over.ts";
import type { LimitsPart, LocalShare } from "./local-share.ts";
import { tagOf } from "./subject-key.ts";

/** The most subjects whose state in Redis is remembered. */
const MAX_SUBJECTS = 100_000;

/** The most hash tags whose counts are kept for Redis. */
const MAX_COUNTED = 1_000_000;

/** Retry time for a request that the full limits would admit, but this process's share of them never. */
const COME_BACK_MS = 1000;

/** A subject as Redis last reported it. */
interface SeenSubject {
  /** Remembered refusals have the same object, and may have settled it since. */
  readonly state: SubjectState;
  /** The subject's own time then, and when that was, as a value of `performance.now()`. */
  readonly at: number;
  readonly seenAt: number;
}

/** Counts of a subject in this process that are not in Redis yet. */
interface Counted {
  readonly periods: Map<string, PeriodCount>;
  /** The whole rules of its last admission; `undefined` if it is known only by its counts. */
  rules: Rules | undefined;
}

/** Decides in this process, with a part of the limits. */
export class LocalFallback implements Fallback {
  readonly counts = true;
  readonly #share: LocalShare;
  readonly #clock: Clock;
  readonly #limiter: LocalLimiter;
  /** By hash tag and subject. */
  readonly #counted = new Map<string, Map<string, Counted>>();
  readonly #decided = new WeakSet<LimitResult>();
  /** Subjects that Redis reported since they were last decided here. */
  readonly #seen = new LRUCache<string, SeenSubject>({ max: MAX_SUBJECTS });
  /** The part of the local counts that Redis counts too, by subject and period: reported by Redis, or handed over to it. */
  readonly #shared = new LRUCache<string, Map<string, number>>({ max: MAX_SUBJECTS });

  constructor(share: LocalShare, clock: Clock) {
    this.#share = share;
    this.#clock = clock;
    this.#limiter = memoryLimiter({ clock });
    this.#limiter.setJournal({
      record: (subject, period, used) => this.#count({ subject, period, used }),
      read: () => Promise.resolve([]),
      reset: () => {},
      isStored: () => false,
    });
  }

  consume(charge: RuledCharge): MaybePromise<LimitResult> {
    const { subject, rules, cost } = charge;
    const part = this.#prepare(subject, rules);
    if (part.missing.length > 0 && cost > 0) return this.#refuse(charge, part);
    return whenReady(this.#limiter.consume(subject, part.rules, cost), (result) =>
      this.#finish(result, charge),
    );
  }

  consumeAll(charges: readonly RuledCharge[]): MaybePromise<GroupResult> {
    const parts = charges.map(({ subject, rules }) => this.#prepare(subject, rules));
    const hasAll = charges.every(({ cost }, index) => cost === 0 || parts[index]?.missing.length === 0);
    if (!hasAll) return this.#refuseAll(charges, parts);
    const charged = charges.map(({ subject, cost }, index) => ({
      subject,
      limits: (parts[index] as LimitsPart).rules,
      cost,
    }));
    return whenReady(this.#limiter.consumeAll(charged), ({ allowed, results }) =>
      toGroupResult(
        results.map((result, index) => this.#finish(result, charges[index] as RuledCharge, allowed)),
      ),
    );
  }

  peek(subject: string, rules: Rules): MaybePromise<LimitResult> {
    const part = this.#prepare(subject, rules);
    if (part.missing.length > 0) return this.#refuse({ subject, rules, cost: 1 }, part);
    return this.#limiter.peek(subject, part.rules);
  }

  correct(corrections: readonly Correction[]): void {
    if (this.#share.fraction === undefined) return;
    void this.#limiter.correct?.(
      corrections.map((each) => ({ ...each, limits: this.#share.of(rulesOf(each.limits)).rules })),
    );
  }

  hasDecided(result: LimitResult): boolean {
    return this.#decided.has(result);
  }

  reset(subject: string): void {
    this.#seen.delete(subject);
    this.#shared.delete(subject);
    this.#counted.get(tagOf(subject))?.delete(subject);
    void this.#limiter.reset(subject);
  }

  see(subject: string, state: SubjectState): void {
    this.#seen.set(subject, { state, at: state.levelAt, seenAt: performance.now() });
  }

  get countedTags(): readonly string[] {
    return [...this.#counted.keys()];
  }

  takeUses(tag: string, withPacing: boolean): readonly LocalUse[] {
    const uses: LocalUse[] = [];
    const subjects = this.#counted.get(tag) ?? new Map<string, Counted>();
    for (const [subject, counted] of subjects) {
      const counts = [...counted.periods.values()].filter(({ used }) => used !== 0);
      const pacing = withPacing ? this.#pacingOf(subject, counted.rules) : undefined;
      counted.periods.clear();
      if (withPacing || counted.rules === undefined) subjects.delete(subject);
      for (const count of counts) this.#noteShared(count, count.used);
      if (counts.length > 0 || pacing !== undefined) uses.push({ subject, counts, pacing });
    }
    if (subjects.size === 0) this.#counted.delete(tag);
    return uses;
  }

  putBack(uses: readonly LocalUse[]): void {
    for (const { counts } of uses) {
      for (const count of counts) {
        this.#noteShared(count, -count.used);
        this.#count(count);
      }
    }
  }

  /** This process's part of the limits, with the subject brought up to what Redis last reported. */
  #prepare(subject: string, rules: Rules): LimitsPart {
    const { fraction } = this.#share;
    if (fraction === undefined) {
      throw new KeywardError(
        "limiter-unavailable",
        "Redis cannot be asked, and this process does not know its part of the limits yet. Set localShare or initialShare to have it count.",
      );
    }
    const part = this.#share.of(rules);
    this.#recall(subject, part.rules, fraction);
    return part;
  }

  #countedOf(subject: string): Counted {
    const tag = tagOf(subject);
    let subjects = this.#counted.get(tag);
    if (subjects === undefined) {
      subjects = new Map<string, Counted>();
      if (this.#counted.size < MAX_COUNTED) this.#counted.set(tag, subjects);
    }
    let counted = subjects.get(subject);
    if (counted === undefined) subjects.set(subject, (counted = { periods: new Map(), rules: undefined }));
    return counted;
  }

  #count({ subject, period, used }: PeriodCount): void {
    const { periods } = this.#countedOf(subject);
    const name = nameOf(period);
    periods.set(name, { subject, period, used: used + (periods.get(name)?.used ?? 0) });
  }

  /** Notes that Redis counts so much more of what is counted here. A negative number takes that back. */
  #noteShared({ subject, period }: PeriodCount, used: number): void {
    const shared = this.#sharedOf(subject);
    shared.set(nameOf(period), used + (shared.get(nameOf(period)) ?? 0));
  }

  #sharedOf(subject: string): Map<string, number> {
    let shared = this.#shared.get(subject);
    if (shared === undefined) this.#shared.set(subject, (shared = new Map<string, number>()));
    return shared;
  }

  /** Level of the local bucket and window of a subject; `undefined` if they are empty or were evicted as empty. */
  #pacingOf(subject: string, rules: Rules | undefined): LocalUse["pacing"] {
    if (rules?.pace === undefined || this.#share.fraction === undefined) return undefined;
    const part = this.#share.of(rules).rules;
    const standing = this.#limiter.peek(subject, part);
    if (standing instanceof Promise) return undefined;
    const burst = part.burst ?? part.rate ?? 0;
    const level = burst - (standing.remaining[part.sustainedPolicy] ?? burst);
    const windowUsed = burst - (standing.remaining[part.burstPolicy] ?? burst);
    return level > 0 || windowUsed > 0 ? { rules, level, windowUsed } : undefined;
  }

  /** Raises the local counts to those last reported by Redis, without counting its part from this process twice. */
  #recall(subject: string, part: Rules, fraction: number): void {
    const seen = this.#seen.get(subject);
    if (seen === undefined) return;
    this.#seen.delete(subject);
    this.#recallPacing(subject, part, seen, fraction);
    const before = this.#sharedOf(subject);
    const shared = new Map<string, number>();
    for (const { period, used: usedThere } of openCounts(seen.state, this.#clock())) {
      const reported = before.get(nameOf(period)) ?? 0;
      const missing = Math.ceil(usedThere * fraction) - reported;
      if (missing > 0) this.#limiter.restore([{ subject, period, used: missing }]);
      shared.set(nameOf(period), Math.max(reported, reported + missing));
    }
    // Periods that have ended are not in it any more.
    this.#shared.set(subject, shared);
  }

  #recallPacing(subject: string, part: Rules, { state, at, seenAt }: SeenSubject, fraction: number): void {
    const { pace, level, levelAt, newestAt, windowUsed } = state;
    if (pace === undefined) return;
    const now = at + Math.floor(performance.now() - seenAt);
    const newestAgeMs = now - newestAt;
    this.#limiter.fill(subject, part, {
      level: Math.ceil((Math.max(0, level - pace.rate * (now - levelAt)) / pace.perMs) * fraction),
      // The times of its older admissions are not known. They leave the window with the newest.
      windowUsed: newestAgeMs < pace.perMs ? Math.ceil(windowUsed * fraction) : 0,
      newestAgeMs,
    });
  }

  /** Refuses a cost because this process has no part of a limit. */
  #refuse(
    { subject, rules, cost }: RuledCharge,
    { rules: part, missing }: LimitsPart,
  ): MaybePromise<LimitResult> {
    return whenReady(this.#limiter.peek(subject, part), ({ remaining, resetMs }) => ({
      allowed: false,
      violated: missing,
      retryAfterMs: cost > rules.maxCost ? Infinity : COME_BACK_MS,
      remaining: { ...remaining, ...Object.fromEntries(missing.map((policy) => [policy, 0])) },
      resetMs,
    }));
  }

  async #refuseAll(charges: readonly RuledCharge[], parts: readonly LimitsPart[]): Promise<GroupResult> {
    const results = charges.map((charge, index) => {
      const part = parts[index] as LimitsPart;
      return part.missing.length > 0 && charge.cost > 0
        ? this.#refuse(charge, part)
        : this.#limiter.peek(charge.subject, part.rules);
    });
    return toGroupResult(await Promise.all(results));
  }

  /** A cost that the whole limits admit, but this process's part never, may come again. */
  #finish(
    result: LimitResult,
    { subject, rules, cost }: RuledCharge,
    isCounted = result.allowed,
  ): LimitResult {
    this.#decided.add(result);
    if (isCounted && cost > 0) this.#countedOf(subject).rules = rules;
    if (result.retryAfterMs !== Infinity || cost > rules.maxCost) return result;
    const { violated, remaining, resetMs } = result;
    return { allowed: false, violated, retryAfterMs: COME_BACK_MS, remaining, resetMs };
  }
}

/** Identifies a period of a subject: it has at most one of a quota that ends at a time. */
function nameOf({ quota, endMs }: Period): string {
  return `${quota} ${endMs}`;
}
