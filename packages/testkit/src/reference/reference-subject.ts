import type { Limits, Policy, QuotaName } from "@keyward/core";
import { periodLabel, periodStart, type Zone } from "./calendar.ts";
import type { ReferenceCorrection, ReferenceInstant, Remembers, Verdict } from "./reference-limiter.ts";
import {
  charge,
  isOver,
  levelAt,
  refund,
  surcharge,
  switchAccount,
  windowUse,
  type Accounts,
} from "./reference-pacing.ts";

const DAY_MS = 86_400_000;
const QUOTAS: readonly QuotaName[] = ["hourly", "daily", "weekly", "monthly"];

/** A count of one period. The zone is that of the limits when the period began to count. */
interface Count {
  zone: Zone;
  /** An instant of the period. */
  instant: number;
  used: number;
}

/** Everything that is known of a subject, in plain data that can be cloned. */
interface State {
  at: number;
  wallMs: number;
  accounts: Accounts;
  counts: Partial<Record<QuotaName, Count>>;
}

/** The least and the most that a policy may say remains. */
export interface Remaining {
  readonly min: number;
  readonly max: number;
}

/** One subject of the reference model. */
export class ReferenceSubject {
  readonly #remembers: Remembers;
  #state: State;
  /** The state when it was last written, for limiters that write only what they admit. */
  #written: State;
  /** True if the clock was set back since the subject was last looked at. */
  #isSetBack = false;
  /** True if the subject owed nothing since it was last charged, so that a limiter may have forgotten it. */
  isForgettable = false;

  constructor(wallMs: number, remembers: Remembers) {
    this.#remembers = remembers;
    this.#state = {
      at: 0,
      wallMs,
      accounts: { current: undefined, earlier: [], isLoose: false },
      counts: {},
    };
    this.#written = structuredClone(this.#state);
  }

  moveTo(wallMs: number): void {
    if (this.#remembers === "admissions") this.#state = structuredClone(this.#written);
    const state = this.#state;
    const isSetBack = wallMs < state.wallMs;
    state.at += Math.max(0, wallMs - state.wallMs);
    state.wallMs = wallMs;
    if (isSetBack) {
      this.#write();
      this.#isSetBack = true;
    }
    if (this.#owesNothing()) this.isForgettable = true;
  }

  /** True if there is nothing that would limit anything if the clock only went forwards. */
  #owesNothing(): boolean {
    const { accounts, at, counts } = this.#state;
    const hasCounts = QUOTAS.some((quota) => {
      const count = counts[quota];
      return count !== undefined && this.#isCurrent(quota, count);
    });
    return !hasCounts && [accounts.current, ...accounts.earlier].every((account) => isOver(account, at));
  }

  /** Forgets all that was charged. What was counted inexactly may still be known elsewhere. */
  reset(): void {
    const { at, wallMs, accounts } = this.#state;
    this.#state = {
      at,
      wallMs,
      accounts: { current: undefined, earlier: [], isLoose: accounts.isLoose },
      counts: {},
    };
    this.#write();
    this.#isSetBack = false;
    this.isForgettable = false;
  }

  judge(limits: Limits, cost: number): Verdict {
    const must = new Set<Policy>();
    const may = new Set<Policy>();
    this.#settle(limits);
    if (cost === 0) return { must, may };
    const add = (policy: Policy, certainly: boolean, possibly: boolean) => {
      if (certainly) must.add(policy);
      if (possibly) may.add(policy);
    };
    const { at, accounts } = this.#state;
    const { current } = accounts;
    if (limits.rate !== undefined && current !== undefined) {
      const exceeds = levelAt(current, at) + cost * current.perMs > current.burst * current.perMs;
      const { low, high } = windowUse(current, at);
      add("sustained", exceeds, exceeds || accounts.isLoose);
      add("burst", low + cost > current.burst, high + cost > current.burst || accounts.isLoose);
    }
    for (const quota of QUOTAS) {
      const limit = limits[quota];
      if (limit === undefined) continue;
      const exceeds = (this.#state.counts[quota]?.used ?? 0) + cost > limit;
      add(quota, exceeds, exceeds);
    }
    return { must, may };
  }

  admit(limits: Limits, cost: number): void {
    this.#settle(limits);
    if (cost === 0) return;
    this.isForgettable = false;
    charge(this.#state.accounts, cost, limits.rate !== undefined, this.#state.at);
    for (const quota of QUOTAS) this.#add(quota, limits, cost);
    this.#write();
  }

  /** The instant that the subject is at. */
  get instant(): ReferenceInstant {
    return { at: this.#state.at, wallMs: this.#state.wallMs };
  }

  correct(
    limits: Limits,
    { cost, charged, admitted, includesPacing }: Omit<ReferenceCorrection, "subject" | "limits">,
  ): void {
    const { at, accounts, counts } = this.#state;
    if (accounts.current === undefined) this.#settle(limits);
    else this.#settleQuotas(limits);
    if (cost < 0) {
      if (accounts.current !== undefined) levelAt(accounts.current, at);
      if (includesPacing) refund(accounts, charged, -cost, admitted.at);
      for (const quota of QUOTAS) {
        const count = counts[quota];
        if (count === undefined || admitted.wallMs < periodStart(quota, count.zone, count.instant)) continue;
        count.used = Math.max(0, count.used + cost);
      }
    } else if (cost > 0) {
      this.isForgettable = false;
      if (accounts.current !== undefined) surcharge(accounts.current, cost, includesPacing, at);
      for (const quota of QUOTAS) this.#add(quota, limits, cost);
    }
    this.#write();
  }

  /** Range of the remaining requests of each policy for a request of cost 1. */
  remaining(limits: Limits): Record<Policy, Remaining> {
    this.#settle(limits);
    const remaining: Record<Policy, Remaining> = {};
    const { at, accounts, counts } = this.#state;
    const { current } = accounts;
    if (limits.rate !== undefined && current !== undefined) {
      const { rate, perMs, burst } = current;
      const tokens = Math.max(0, Math.floor((burst * perMs - levelAt(current, at)) / perMs));
      const { low, high } = windowUse(current, at);
      remaining["sustained"] = {
        min: accounts.isLoose ? 0 : Math.min(rate, tokens),
        max: Math.min(rate, tokens),
      };
      remaining["burst"] = {
        min: accounts.isLoose ? 0 : Math.max(0, burst - high),
        max: Math.max(0, burst - low),
      };
    }
    for (const quota of QUOTAS) {
      const limit = limits[quota];
      if (limit === undefined) continue;
      const left = Math.max(0, limit - (counts[quota]?.used ?? 0));
      remaining[quota] = { min: left, max: left };
    }
    return remaining;
  }

  #write(): void {
    this.#written = structuredClone(this.#state);
  }

  /** Follows the limits and the calendar. */
  #settle(limits: Limits): void {
    const { accounts, at } = this.#state;
    const before = accounts.current;
    switchAccount(accounts, limits, at);
    this.#settleQuotas(limits);
    // A limiter writes what it finds while the clock is set back, the periods that it then follows included.
    if (this.#isSetBack || (before !== undefined && before !== accounts.current)) this.#write();
    this.#isSetBack = false;
  }

  #settleQuotas(limits: Limits): void {
    const { counts, wallMs } = this.#state;
    for (const quota of QUOTAS) {
      const count = counts[quota];
      // A count that the limits do not have is kept as it is.
      if (count === undefined || limits[quota] === undefined) continue;
      if (!this.#isCurrent(quota, count)) delete counts[quota];
      else if (this.#isFarAhead(quota, count)) {
        counts[quota] = { zone: zoneOf(limits), instant: wallMs, used: count.used };
      }
    }
  }

  /** A count continues until its period ends. A clock that is set back stays in it. */
  #isCurrent(quota: QuotaName, { zone, instant, used }: Count): boolean {
    const { wallMs } = this.#state;
    const isLater =
      wallMs > instant && periodLabel(quota, zone, wallMs) !== periodLabel(quota, zone, instant);
    return used > 0 && !isLater;
  }

  /** True if the clock was set back to more than a day before the period. */
  #isFarAhead(quota: QuotaName, { zone, instant }: Count): boolean {
    return periodStart(quota, zone, instant) - this.#state.wallMs > DAY_MS;
  }

  #add(quota: QuotaName, limits: Limits, cost: number): void {
    const { counts, wallMs } = this.#state;
    const count = counts[quota];
    const isLimited = limits[quota] !== undefined;
    if (count !== undefined && (isLimited || this.#isCurrent(quota, count))) count.used += cost;
    else if (isLimited) counts[quota] = { zone: zoneOf(limits), instant: wallMs, used: cost };
  }
}

function zoneOf({ timeZone = "UTC", monthStartsOn = 1 }: Limits): Zone {
  return { timeZone, monthStartsOn };
}
