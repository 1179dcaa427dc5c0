import { systemClock, type Clock } from "../clock.ts";
import { whenReady, type MaybePromise } from "../maybe-promise.ts";
import { rejectSetting } from "../option-error.ts";
import { decide, settle } from "./algorithm.ts";
import { correct } from "./correct.ts";
import { decideAll, type GroupMember } from "./group.ts";
import type {
  Charge,
  Correction,
  CountJournal,
  GroupResult,
  LimitResult,
  LocalLimiter,
  PeriodCount,
} from "./limiter.ts";
import type { Limits } from "./limits.ts";
import { fillPacing, type PacingUse } from "./pacing.ts";
import { openCounts } from "./quotas.ts";
import { restoreCount } from "./restore-count.ts";
import { Rules, rulesOf } from "./rules.ts";
import { Standing } from "./standing.ts";
import { ANONYMOUS_PREFIX } from "./subject-names.ts";
import { SubjectTable, type Subject } from "./subject-table.ts";
import { SubjectState } from "./subject.ts";

/** Options of `memoryLimiter()`. */
export interface MemoryLimiterOptions {
  /** Milliseconds since the epoch. Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** The most subjects that are held at once. Default: 1,000,000. */
  readonly maxSubjects?: number | undefined;
  /** The most anonymous subjects (client addresses) that are held at once, apart from the others. Default: 100,000. */
  readonly maxAnonymous?: number | undefined;
}

/** Anonymous subjects have a separate table, which they can fill without affecting others. */
const [FIRST, SECOND] = [ANONYMOUS_PREFIX.charCodeAt(0), ANONYMOUS_PREFIX.charCodeAt(1)];

/**
 * A limiter whose counts are in this process: synchronous, O(1) per request, no timers.
 *
 * Idle subjects are searched for step by step, as requests come in. A subject that still owes something (in its window or its
 * bucket, or a count of a period that has not ended) is never evicted, because it would start again from 0; when all of `maxSubjects`
 * owe something, a new subject is an error, `limiter-full`. With a durable store, calendar counts are kept there, and do not keep a
 * subject in memory.
 *
 * @throws KeywardError `invalid-option`
 *
 * @example
 * ```ts
 * const kw = createKeyward({ secret, limiter: memoryLimiter({ maxSubjects: 50_000 }) });
 * ```
 */
export function memoryLimiter(options: MemoryLimiterOptions = {}): LocalLimiter {
  const { clock = systemClock, maxSubjects = 1_000_000, maxAnonymous = 100_000 } = options;
  for (const [name, value] of Object.entries({ maxSubjects, maxAnonymous })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      rejectSetting(`memoryLimiter ${name}`, value, "a whole number from 1");
    }
  }
  return new MemoryLimiter(clock, maxSubjects, maxAnonymous);
}

class MemoryLimiter implements LocalLimiter {
  readonly clock: Clock;
  readonly #subjects: SubjectTable;
  readonly #anonymous: SubjectTable;
  #journal: CountJournal | undefined;
  /** Reads under way, by subject: requests of a subject whose counts are being read wait for them. */
  readonly #reading = new Map<string, Promise<void>>();
  /** The clock when it was last read, and the milliseconds by which it has gone forwards since the start. */
  #wallMs: number;
  #at = 0;

  constructor(clock: Clock, maxSubjects: number, maxAnonymous: number) {
    this.clock = clock;
    const isStored = (name: string) => this.#journal !== undefined && this.#journal.isStored(name);
    this.#subjects = new SubjectTable(maxSubjects, "maxSubjects", isStored);
    this.#anonymous = new SubjectTable(maxAnonymous, "maxAnonymous", isStored);
    this.#wallMs = Math.floor(clock());
  }

  consume(name: string, limits: Limits, cost: number): MaybePromise<LimitResult> {
    return this.consumeAt(name, limits, cost, this.clock());
  }

  consumeAt(name: string, limits: Limits, cost: number, now: number): MaybePromise<LimitResult> {
    this.#tick(now);
    const table = this.#tableOf(name);
    const existing = table.get(name);
    if (existing === undefined && this.#journal !== undefined) {
      return this.#whenRead([name], () => this.#consume(table, name, rulesOf(limits), cost));
    }
    const rules = limits instanceof Rules ? limits : rulesOf(limits);
    if (existing === undefined) return this.#consume(table, name, rules, cost);
    const result = decide(existing, rules, cost, this.#at, this.#wallMs, true);
    if (this.#journal !== undefined && result.allowed && cost > 0) this.#record(existing, cost);
    table.visit(this.#at, this.#wallMs);
    return result;
  }

  #consume(table: SubjectTable, name: string, rules: Rules, cost: number): LimitResult {
    const subject = table.getOrAdd(name, this.#at, this.#wallMs);
    const result = decide(subject, rules, cost, this.#at, this.#wallMs, true);
    if (result.allowed && cost > 0) this.#record(subject, cost);
    return result;
  }

  consumeAll(charges: readonly Charge[], now = this.clock()): MaybePromise<GroupResult> {
    this.#tick(now);
    if (this.#journal !== undefined) {
      const unread = charges.map(({ subject }) => subject).filter((name) => !this.#tableOf(name).has(name));
      if (unread.length > 0) return this.#whenRead(unread, () => this.#consumeAll(charges));
    }
    return this.#consumeAll(charges);
  }

  #consumeAll(charges: readonly Charge[]): GroupResult {
    const members: (GroupMember & { readonly state: Subject })[] = [];
    let hasAdded = false;
    for (const { subject, limits, cost, name } of charges) {
      const existing = this.#tableOf(subject).get(subject);
      if (existing === undefined) hasAdded = true;
      members.push({ state: existing ?? this.#subject(subject), rules: rulesOf(limits, name), cost });
    }
    // Room for one of them may have been made by forgetting another.
    if (hasAdded) for (const { state } of members) this.#tableOf(state.name).keep(state);
    const result = decideAll(members, this.#at, this.#wallMs);
    if (this.#journal !== undefined && result.allowed) {
      for (const { state, cost } of members) if (cost > 0) this.#record(state, cost);
    }
    this.#subjects.visit(this.#at, this.#wallMs);
    return result;
  }

  correct(corrections: readonly Correction[]): MaybePromise<void> {
    this.#tick(this.clock());
    if (this.#journal !== undefined) {
      // A subject that was evicted since it was charged is read again: its stored counts are what is corrected.
      const unread = corrections
        .map(({ subject }) => subject)
        .filter((name) => !this.#tableOf(name).has(name));
      if (unread.length > 0) return this.#whenRead(unread, () => this.#correct(corrections));
    }
    return this.#correct(corrections);
  }

  #correct(corrections: readonly Correction[]): void {
    const now = { at: this.#at, wallMs: this.#wallMs };
    for (const { subject: name, limits, cost, charged, includesPacing = true } of corrections) {
      // A refund needs to know when the subject was charged.
      const standing = charged instanceof Standing ? charged : undefined;
      const subject = cost > 0 ? this.#subject(name) : this.#tableOf(name).get(name);
      if (cost === 0 || subject === undefined || (cost < 0 && standing === undefined)) continue;
      const correction = { cost, charged: standing, includesPacing };
      for (const [period, used] of correct(subject, rulesOf(limits), correction, now)) {
        this.#journal?.record(name, period, used);
      }
    }
  }

  peek(name: string, limits: Limits): MaybePromise<LimitResult> {
    this.#tick(this.clock());
    const peek = () => {
      const rules = rulesOf(limits);
      const state = this.#tableOf(name).get(name) ?? new SubjectState(rules.pace, this.#at);
      return decide(state, rules, 1, this.#at, this.#wallMs, false);
    };
    if (this.#journal === undefined || this.#tableOf(name).has(name)) return peek();
    return this.#whenRead([name], peek);
  }

  forget(name: string): void {
    this.#tableOf(name).delete(name);
  }

  reset(name: string): MaybePromise<void> {
    if (this.#journal === undefined) return this.forget(name);
    // Only then: a request that arrives in the meantime would read the stored counts again.
    return whenReady(this.#journal.reset(name), () => this.forget(name));
  }

  async close(): Promise<void> {
    this.#subjects.clear();
    this.#anonymous.clear();
  }

  restore(counts: readonly PeriodCount[]): void {
    this.#tick(this.clock());
    for (const stored of counts) restoreCount(this.#subject(stored.subject), stored, this.#wallMs);
  }

  fill(name: string, limits: Limits, used: PacingUse): void {
    this.#tick(this.clock());
    const rules = rulesOf(limits);
    if (rules.pace === undefined) return;
    const subject = this.#subject(name);
    settle(subject, rules, this.#at, this.#wallMs);
    fillPacing(subject, rules.pace, used, this.#at);
  }

  setJournal(journal: CountJournal): void {
    this.#journal = journal;
  }

  #tableOf(name: string): SubjectTable {
    return name.charCodeAt(0) === FIRST && name.charCodeAt(1) === SECOND ? this.#anonymous : this.#subjects;
  }

  #subject(name: string): Subject {
    return this.#tableOf(name).getOrAdd(name, this.#at, this.#wallMs);
  }

  /** Follows the clock. When it is set back, time stands still for windows and continues from there. */
  #tick(now: number): void {
    const wallMs = Math.floor(now);
    if (wallMs > this.#wallMs) this.#at += wallMs - this.#wallMs;
    this.#wallMs = wallMs;
  }

  #record(subject: Subject, cost: number): void {
    if (this.#journal === undefined) return;
    for (const { period } of openCounts(subject, this.#wallMs))
      this.#journal.record(subject.name, period, cost);
  }

  /** Runs `next` when the stored counts of subjects that are new to this process are here, or late. */
  async #whenRead<T>(names: readonly string[], next: () => T): Promise<T> {
    await Promise.all(names.map((name) => this.#read(name)));
    this.#tick(this.clock());
    return next();
  }

  #read(name: string): Promise<void> {
    let reading = this.#reading.get(name);
    if (reading === undefined) {
      const journal = this.#journal as CountJournal;
      const table = this.#tableOf(name);
      table.requireRoom(this.#at, this.#wallMs);
      // A subject that was evicted in the meantime had no current counts, and is read again when it is used again.
      const late = (counts: readonly PeriodCount[]) => table.has(name) && this.restore(counts);
      reading = journal.read(name, late).then((counts) => {
        this.#reading.delete(name);
        // Also without any counts: from now on the subject is known here.
        this.#subject(name);
        if (counts !== undefined) this.restore(counts);
      });
      this.#reading.set(name, reading);
    }
    return reading;
  }
}
