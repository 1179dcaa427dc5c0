import type { Limits, Policy } from "@keyward/core";
import type { Charge } from "@keyward/core/limiter";
import { ReferenceSubject } from "./reference-subject.ts";

/**
 * A limiter's record of elapsed time. One that writes only what it admits does not know how much time has passed
 * since, if the clock is set back; it then makes a key wait longer, by at most that time.
 */
export type Remembers = "everything" | "admissions";

/** An instant on the scale of a subject's time, which never runs backwards, and on the clock's. */
export interface ReferenceInstant {
  readonly at: number;
  readonly wallMs: number;
}

/** Correction of an admitted request: see `Correction` of `@keyward/core`. */
export interface ReferenceCorrection {
  readonly subject: string;
  readonly limits: Limits;
  readonly cost: number;
  /** The limits that the request was charged under, and when. */
  readonly charged: Limits;
  readonly admitted: ReferenceInstant;
  readonly includesPacing: boolean;
}

/** The model's verdict on a request: the policies that must refuse it, and those that may. */
export interface Verdict {
  readonly must: ReadonlySet<Policy>;
  readonly may: ReadonlySet<Policy>;
}

/**
 * The limits in plain code: lists of what was admitted, searched from the start each time. Limiters are tested against it; it is far
 * too slow for anything else.
 *
 * `burst` may drop an admission from its window late, by 1/40 of the window; in everything else a limiter must agree exactly.
 */
export class ReferenceLimiter {
  readonly #subjects = new Map<string, ReferenceSubject>();
  readonly #remembers: Remembers;
  #wallMs: number;

  constructor(wallMs: number, remembers: Remembers = "everything") {
    this.#wallMs = wallMs;
    this.#remembers = remembers;
  }

  /** Follows the clock. The time that passes is what the clock goes forwards; set back, no time passes. */
  moveTo(wallMs: number): void {
    this.#wallMs = wallMs;
    // One that writes only what it admits notices the time when it is asked about a subject.
    if (this.#remembers === "everything")
      for (const subject of this.#subjects.values()) subject.moveTo(wallMs);
  }

  judge(charges: readonly Charge[]): Verdict {
    const must = new Set<Policy>();
    const may = new Set<Policy>();
    for (const { subject, limits, cost, name } of charges) {
      const prefix = name === undefined ? "" : `${name}-`;
      const verdict = this.subject(subject).judge(limits, cost);
      for (const policy of verdict.must) must.add(prefix + policy);
      for (const policy of verdict.may) may.add(prefix + policy);
    }
    return { must, may };
  }

  /** Counts an admitted request. */
  admit(charges: readonly Charge[]): void {
    for (const { subject, limits, cost } of charges) this.subject(subject).admit(limits, cost);
  }

  correct({ subject, limits, ...change }: ReferenceCorrection): void {
    this.subject(subject).correct(limits, change);
  }

  /** Forgets what a subject owed. */
  reset(subject: string): void {
    this.subject(subject).reset();
  }

  subject(name: string): ReferenceSubject {
    let subject = this.#subjects.get(name);
    if (subject === undefined) {
      subject = new ReferenceSubject(this.#wallMs, this.#remembers);
      this.#subjects.set(name, subject);
    }
    if (this.#remembers === "admissions") subject.moveTo(this.#wallMs);
    return subject;
  }
}
