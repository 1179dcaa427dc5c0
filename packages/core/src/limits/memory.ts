import { systemClock, type Clock } from "../clock.ts";
import { KeywardError } from "../errors.ts";
import { rejectSetting } from "../option-error.ts";
import {
  DAY_MS,
  decide,
  dropWindow,
  giveBack,
  owesNothing,
  settle,
  SubjectState,
  windowPassed,
} from "./algorithm.ts";
import type { DailyCount, DailyJournal, LocalLimiter, LimitResult } from "./limiter.ts";
import type { Limits } from "./limits.ts";

/** What `memoryLimiter()` may be told. */
export interface MemoryLimiterOptions {
  /** Milliseconds since the epoch. The machine's clock if left out. */
  readonly clock?: Clock;
  /** How many subjects are held at once. 1,000,000 if left out. */
  readonly maxSubjects?: number;
}

/** After how many decisions another subject is looked at: it costs a visit to memory that is not warm. */
const LOOK_EVERY = 8;

/** How many others are looked at when a new subject finds the limiter full. */
const SEARCH_WHEN_FULL = 1000;

/** A subject and its state in one object: a decision touches no more memory than it must. */
class Subject extends SubjectState {
  readonly name: string;
  /** Where it stands in the round that looks for idle subjects. */
  position: number;

  constructor(name: string, at: number, wallMs: number, position: number) {
    super(at, wallMs);
    this.name = name;
    this.position = position;
  }
}

/**
 * A limiter whose counts live in this process: synchronous, O(1) a request, no timers.
 *
 * Idle subjects are looked for a step at a time, as requests come in. A subject that still owes
 * (something in its window or its bucket, or a count for today) is never forgotten, since that would
 * let it start afresh; when all of `maxSubjects` owe, a new subject is an error, `limiter-full`.
 *
 * @example
 * ```ts
 * const kw = createKeyward({ secret, limiter: memoryLimiter({ maxSubjects: 50_000 }) });
 * ```
 */
export function memoryLimiter(options: MemoryLimiterOptions = {}): LocalLimiter {
  return new MemoryLimiter(options.clock ?? systemClock, options.maxSubjects ?? 1_000_000);
}

class MemoryLimiter implements LocalLimiter {
  readonly #subjects = new Map<string, Subject>();
  readonly #round: Subject[] = [];
  #next = 0;
  #sinceLook = 0;
  readonly clock: Clock;
  readonly #maxSubjects: number;
  #journal: DailyJournal | undefined;
  /** The clock when it was last read, and the milliseconds that it has gone forwards since the start. */
  #wallMs: number;
  #at = 0;

  constructor(clock: Clock, maxSubjects: number) {
    if (!Number.isSafeInteger(maxSubjects) || maxSubjects < 1) {
      rejectSetting("memoryLimiter maxSubjects", maxSubjects, "a whole number from 1");
    }
    this.clock = clock;
    this.#maxSubjects = maxSubjects;
    this.#wallMs = Math.floor(clock());
  }

  consume(name: string, limits: Limits, cost: number): LimitResult {
    return this.consumeAt(name, limits, cost, this.clock());
  }

  consumeAt(name: string, limits: Limits, cost: number, now: number): LimitResult {
    this.#tick(now);
    const subject = this.#subject(name);
    const result = decide(subject, limits, cost, this.#at, this.#wallMs, true);
    if (this.#journal !== undefined && result.allowed && cost > 0) this.#journal(name, subject.day, cost);
    this.#sinceLook += 1;
    if (this.#sinceLook >= LOOK_EVERY) this.#forgetOneIdle();
    return result;
  }

  giveBack(name: string, limits: Limits, cost: number, admittedMs: number): void {
    this.#tick(this.clock());
    const subject = this.#subjects.get(name);
    if (subject === undefined || cost === 0) return;
    settle(subject, limits, this.#at, this.#wallMs);
    const sameDay = Math.floor(admittedMs / DAY_MS) >= subject.day;
    const admittedAt = this.#at - Math.max(0, this.#wallMs - Math.floor(admittedMs));
    giveBack(subject, limits, cost, admittedAt, this.#at, sameDay);
    if (sameDay) this.#journal?.(name, subject.day, -cost);
  }

  peek(name: string, limits: Limits): LimitResult {
    this.#tick(this.clock());
    const state = this.#subjects.get(name) ?? new SubjectState(this.#at, this.#wallMs);
    return decide(state, limits, 1, this.#at, this.#wallMs, false);
  }

  reset(name: string): void {
    const subject = this.#subjects.get(name);
    if (subject === undefined) return;
    // What was stored of the day must not come back with a restart.
    if (subject.dayUsed > 0) this.#journal?.(name, subject.day, -subject.dayUsed);
    this.#forget(subject);
  }

  async close(): Promise<void> {
    this.#subjects.clear();
    this.#round.length = 0;
  }

  restoreDaily(counts: Iterable<DailyCount>): void {
    this.#tick(this.clock());
    for (const { subject, day, used } of counts) {
      const state = this.#subject(subject);
      if (state.day === day) state.dayUsed += used;
      else if (state.day < day) {
        state.day = day;
        state.dayUsed = used;
      }
    }
  }

  setJournal(journal: DailyJournal): void {
    this.#journal = journal;
    for (const { name, day, dayUsed } of this.#round) if (dayUsed > 0) journal(name, day, dayUsed);
  }

  /** Follows the clock. Set back, it stands still for the windows and goes on from where it is. */
  #tick(now: number): void {
    const wallMs = Math.floor(now);
    if (wallMs > this.#wallMs) this.#at += wallMs - this.#wallMs;
    this.#wallMs = wallMs;
  }

  #subject(name: string): Subject {
    const known = this.#subjects.get(name);
    if (known !== undefined) return known;
    if (this.#subjects.size >= this.#maxSubjects) this.#makeRoom();
    // Two for one: what was left behind shrinks faster than what comes in grows.
    this.#forgetOneIdle();
    this.#forgetOneIdle();
    const subject = new Subject(name, this.#at, this.#wallMs, this.#round.length);
    this.#subjects.set(name, subject);
    this.#round.push(subject);
    return subject;
  }

  #makeRoom(): void {
    for (let tries = Math.min(SEARCH_WHEN_FULL, this.#round.length); tries > 0; tries -= 1) {
      if (this.#forgetOneIdle()) return;
    }
    throw new KeywardError(
      "limiter-full",
      `The memory limiter holds ${this.#maxSubjects} subjects and each still owes. Raise maxSubjects.`,
    );
  }

  /** Looks at the next subject of the round; forgets it if it owes nothing, or at least its window. */
  #forgetOneIdle(): boolean {
    this.#sinceLook = 0;
    if (this.#next >= this.#round.length) this.#next = 0;
    const subject = this.#round[this.#next];
    if (subject === undefined) return false;
    if (owesNothing(subject, this.#at, this.#wallMs)) {
      this.#forget(subject);
      return true;
    }
    if (subject.older !== undefined && windowPassed(subject, this.#at)) dropWindow(subject);
    this.#next += 1;
    return false;
  }

  #forget(subject: Subject): void {
    this.#subjects.delete(subject.name);
    const last = this.#round.pop();
    if (last !== undefined && last !== subject) {
      last.position = subject.position;
      this.#round[subject.position] = last;
    }
  }
}
