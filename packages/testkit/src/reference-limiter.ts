import type { Limits, Policy } from "@keyward/core";

const DAY_MS = 86_400_000;

interface Admission {
  readonly at: number;
  readonly cost: number;
  /** Whether it counts for the current day. */
  today: boolean;
}

/**
 * What a limiter keeps of the time that passes. One that writes only what it admits does not know of the time
 * since, should the clock be set back; it then lets a key wait longer, by no more than that.
 */
export type Remembers = "everything" | "admissions";

/** The state after the last admission. */
interface Kept {
  readonly at: number;
  readonly wallMs: number;
  readonly day: number;
  readonly today: ReadonlySet<Admission>;
}

/** What the model says of a request: which policies must refuse it, and which may. */
export interface Verdict {
  readonly must: ReadonlySet<Policy>;
  readonly may: ReadonlySet<Policy>;
}

/**
 * The limits in plain code: a list of what was admitted, searched from the start each time. It is what
 * clever limiters are held against, and far too slow for anything else.
 *
 * `burst` may be late to let go of an admission by 25 ms; in all else a limiter must agree exactly.
 */
export class ReferenceLimiter {
  readonly #admitted: Admission[] = [];
  readonly #remembers: Remembers;
  #at = 0;
  #wallMs: number;
  #day: number;
  #kept: Kept;

  constructor(wallMs: number, remembers: Remembers = "everything") {
    this.#wallMs = wallMs;
    this.#day = Math.floor(wallMs / DAY_MS);
    this.#remembers = remembers;
    this.#kept = this.#keep();
  }

  /** Follows the clock. The time that passed is what it went forwards; set back, no time passes. */
  moveTo(wallMs: number): void {
    if (this.#remembers === "admissions") this.#recall();
    const setBack = wallMs < this.#wallMs;
    this.#move(wallMs);
    if (setBack) this.#kept = this.#keep();
  }

  #keep(): Kept {
    const today = this.#admitted.filter((entry) => entry.today);
    return { at: this.#at, wallMs: this.#wallMs, day: this.#day, today: new Set(today) };
  }

  #recall(): void {
    const { at, wallMs, day, today } = this.#kept;
    [this.#at, this.#wallMs, this.#day] = [at, wallMs, day];
    for (const entry of this.#admitted) entry.today = today.has(entry);
  }

  #move(wallMs: number): void {
    this.#at += Math.max(0, wallMs - this.#wallMs);
    this.#wallMs = wallMs;
    const day = Math.floor(wallMs / DAY_MS);
    // Shortly before the current day, the count goes on: midnight must not be gained twice.
    if (day === this.#day - 1 && this.today() > 0) return;
    // A later day is fresh. A clock that was days ahead and is set right takes the count along.
    if (day > this.#day) for (const entry of this.#admitted) entry.today = false;
    this.#day = day;
  }

  judge(limits: Limits, cost: number): Verdict {
    const must = new Set<Policy>();
    const may = new Set<Policy>();
    const refuse = (policy: Policy, certainly: boolean, possibly: boolean) => {
      if (certainly) must.add(policy);
      if (possibly) may.add(policy);
    };
    const sustained = cost * 1000 > this.tokens(limits);
    refuse("sustained", sustained, sustained);
    refuse("burst", this.within(1000) + cost > limits.burst, this.within(1025) + cost > limits.burst);
    const daily = this.today() + cost > limits.daily;
    refuse("daily", daily, daily);
    return { must, may };
  }

  /** Counts a cost; gives a function that takes it back. */
  admit(cost: number): () => void {
    const admission = { at: this.#at, cost, today: true };
    if (cost === 0) return () => {};
    this.#admitted.push(admission);
    this.#kept = this.#keep();
    return () => {
      const index = this.#admitted.indexOf(admission);
      if (index >= 0) this.#admitted.splice(index, 1);
    };
  }

  /** What was admitted less than `ms` ago. */
  within(ms: number): number {
    return this.#sum((entry) => entry.at > this.#at - ms);
  }

  today(): number {
    return this.#sum((entry) => entry.today);
  }

  /** Thousandths of a request that G2 leaves, over every interval that ends now. */
  tokens({ rate, burst }: Limits): number {
    let left = burst * 1000;
    for (const { at: since } of this.#admitted) {
      const spent = this.#sum((entry) => entry.at >= since) * 1000;
      left = Math.min(left, burst * 1000 + rate * (this.#at - since) - spent);
    }
    return left;
  }

  #sum(counts: (entry: Admission) => boolean): number {
    let sum = 0;
    for (const entry of this.#admitted) if (counts(entry)) sum += entry.cost;
    return sum;
  }
}
