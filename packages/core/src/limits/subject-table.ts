import { KeywardError } from "../errors.ts";
import { isPacingDone, owesNothing } from "./algorithm.ts";
import { dropWindow, windowPassed } from "./pacing.ts";
import { SubjectState } from "./subject.ts";

/** The number of decisions after which another subject is examined: it costs a visit to memory that is not cached. */
const EXAMINE_EVERY = 8;

/** The number of subjects that are examined when the table is full. */
const EXAMINE_WHEN_FULL = 1000;

/** By then recorded counts have been written, unless the store fails. */
const STORED_AFTER_MS = 60_000;

/** A subject with its name, in one object. */
export class Subject extends SubjectState {
  readonly name: string;

  constructor(name: string, at: number) {
    super(undefined, at);
    this.name = name;
  }
}

/** The subjects of a limiter. Bounded: idle subjects are found by going round, a step at a time, and forgotten. */
export class SubjectTable {
  readonly #subjects = new Map<string, Subject>();
  readonly #max: number;
  readonly #option: string;
  readonly #isStored: (name: string) => boolean;
  #round: Iterator<Subject>;
  #sinceExamined = 0;

  /**
   * @param option the option that sets `max`, for errors
   * @param isStored whether the calendar counts of a subject can be read again, so that they do not keep it here
   */
  constructor(max: number, option: string, isStored: (name: string) => boolean) {
    this.#max = max;
    this.#option = option;
    this.#isStored = isStored;
    this.#round = this.#subjects.values();
  }

  get(name: string): Subject | undefined {
    return this.#subjects.get(name);
  }

  has(name: string): boolean {
    return this.#subjects.has(name);
  }

  /** @throws KeywardError `limiter-full` */
  getOrAdd(name: string, at: number, wallMs: number): Subject {
    const existing = this.#subjects.get(name);
    if (existing !== undefined) return existing;
    this.requireRoom(at, wallMs);
    // Two for one: the table shrinks faster than it grows.
    this.#examineNext(at, wallMs);
    this.#examineNext(at, wallMs);
    const subject = new Subject(name, at);
    this.#subjects.set(name, subject);
    return subject;
  }

  /** Makes sure that a subject which is about to be charged was not evicted since it was read. */
  keep(subject: Subject): void {
    if (!this.#subjects.has(subject.name)) this.#subjects.set(subject.name, subject);
  }

  /** Called after each decision: examines a subject now and then. */
  visit(at: number, wallMs: number): void {
    this.#sinceExamined += 1;
    if (this.#sinceExamined >= EXAMINE_EVERY) this.#examineNext(at, wallMs);
  }

  delete(name: string): void {
    this.#subjects.delete(name);
  }

  clear(): void {
    this.#subjects.clear();
  }

  /**
   * Makes room for another subject.
   *
   * @throws KeywardError `limiter-full`
   */
  requireRoom(at: number, wallMs: number): void {
    if (this.#subjects.size < this.#max) return;
    for (let tries = Math.min(EXAMINE_WHEN_FULL, this.#subjects.size); tries > 0; tries -= 1) {
      if (this.#examineNext(at, wallMs)) return;
    }
    throw new KeywardError(
      "limiter-full",
      `The memory limiter holds ${this.#max} subjects, and each still owes something. Raise ${this.#option}.`,
    );
  }

  /** Examines the next subject of the round. Forgets it if it owes nothing, or at least frees its window. */
  #examineNext(at: number, wallMs: number): boolean {
    this.#sinceExamined = 0;
    let next = this.#round.next();
    if (next.done === true) {
      this.#round = this.#subjects.values();
      next = this.#round.next();
      if (next.done === true) return false;
    }
    const subject = next.value;
    if (this.#isStored(subject.name) ? isIdle(subject, at) : owesNothing(subject, at, wallMs)) {
      this.#subjects.delete(subject.name);
      return true;
    }
    if (subject.older !== undefined && windowPassed(subject, at)) dropWindow(subject);
    return false;
  }
}

/** True if a subject whose counts are stored can be forgotten: those of the last minute may not be stored yet. */
function isIdle(subject: Subject, at: number): boolean {
  return subject.levelAt <= at - STORED_AFTER_MS && isPacingDone(subject, at);
}
