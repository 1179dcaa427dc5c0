import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";
import {
  LIMIT_FIELDS,
  QUOTA_NAMES,
  type Limits,
  type Policy,
  type QuotaName,
  type RateUnit,
} from "./limits.ts";
import { calendarOf, type Calendar, type Period } from "./periods.ts";

/** The length of each rate unit, in milliseconds. */
export const UNIT_MS: Readonly<Record<RateUnit, number>> = {
  second: SECOND_MS,
  minute: MINUTE_MS,
  hour: HOUR_MS,
};

/** Slots are at most this part of the window, which is 25 ms of a second. */
const MAX_SLOT_PART = 1 / 40;
/** Slots are at least this part of the window, so that a window of any length holds about 1,000 at most. */
const MIN_SLOT_PART = 1 / 1000;

/** `rate`, `per` and `burst` in the form that decisions use. */
export interface Pace {
  /** Requests per `perMs`. A level of the bucket counts in units of 1/`perMs` request, and so leaks `rate` per ms. */
  readonly rate: number;
  readonly perMs: number;
  readonly burst: number;
  /** The level of a full bucket: `burst * perMs`. */
  readonly capacity: number;
  /** The width of a slot of the sliding window, in milliseconds. */
  readonly slotMs: number;
}

/** A quota in the form that decisions use. */
export interface QuotaRule {
  readonly name: QuotaName;
  readonly policy: Policy;
  readonly limit: number;
  readonly calendar: Calendar;
}

/** A client that is paced evenly at `rate` must not notice the slots: none is wider than the slack that `burst` leaves. */
function slotWidth(rate: number, burst: number, perMs: number): number {
  const slackMs = ((burst - rate) * perMs) / rate;
  return Math.max(perMs * MIN_SLOT_PART, Math.min(slackMs, perMs * MAX_SLOT_PART));
}

/** A pace, complete. */
export function createPace({ rate, perMs, burst }: Pick<Pace, "rate" | "perMs" | "burst">): Pace {
  return Object.freeze({
    rate,
    perMs,
    burst,
    capacity: burst * perMs,
    slotMs: slotWidth(rate, burst, perMs),
  });
}

function toPace({ rate, per = "second", burst = rate }: Limits): Pace | undefined {
  if (rate === undefined || burst === undefined) return undefined;
  return createPace({ rate, perMs: UNIT_MS[per], burst });
}

/** A `RateLimit-Policy` field, and the periods whose lengths it names. */
export interface PolicyField {
  readonly value: string;
  readonly periods: readonly Period[];
  /** True if all periods of the calendars have the same length, so that the field never changes. */
  readonly isConstant: boolean;
}

/**
 * Limits in the form that decisions use, computed once for many requests. They are limits themselves, so that they can be given to
 * any limiter.
 */
export class Rules implements Limits {
  readonly rate: number | undefined;
  readonly per: RateUnit | undefined;
  readonly burst: number | undefined;
  readonly hourly: number | undefined;
  readonly daily: number | undefined;
  readonly weekly: number | undefined;
  readonly monthly: number | undefined;
  readonly timeZone: string | undefined;
  readonly monthStartsOn: number | undefined;

  /** The limits as they were set. */
  readonly limits: Limits;
  /** Prefix of policy names, such as `owner-`. */
  readonly prefix: string;
  /** `undefined` where `rate` is not set. */
  readonly pace: Pace | undefined;
  readonly hour: QuotaRule | undefined;
  readonly day: QuotaRule | undefined;
  readonly week: QuotaRule | undefined;
  readonly month: QuotaRule | undefined;
  /** True if there are quotas besides the daily one, which nearly all limits have. */
  readonly hasOtherQuotas: boolean;
  /** The quotas, from the shortest period to the longest. */
  readonly quotas: readonly QuotaRule[];
  readonly sustainedPolicy: Policy;
  readonly burstPolicy: Policy;
  /** The highest cost that could ever be admitted. */
  readonly maxCost: number;
  /** The field of these rules, kept by the writer of headers. */
  policyField: PolicyField | undefined = undefined;

  constructor(limits: Limits, prefix: string) {
    // All fields are set, in one order: V8 is slower with objects of many shapes.
    this.rate = limits.rate;
    this.per = limits.per;
    this.burst = limits.burst;
    this.hourly = limits.hourly;
    this.daily = limits.daily;
    this.weekly = limits.weekly;
    this.monthly = limits.monthly;
    this.timeZone = limits.timeZone;
    this.monthStartsOn = limits.monthStartsOn;
    const { timeZone = "UTC", monthStartsOn = 1 } = limits;
    this.limits = limits;
    this.prefix = prefix;
    this.pace = toPace(limits);
    this.quotas = QUOTA_NAMES.flatMap((name): QuotaRule[] => {
      const limit = limits[name];
      if (limit === undefined) return [];
      const calendar = calendarOf({ quota: name, timeZone, monthStartsOn });
      return [Object.freeze({ name, policy: `${prefix}${name}`, limit, calendar })];
    });
    const find = (quota: QuotaName) => this.quotas.find(({ name }) => name === quota);
    this.hour = find("hourly");
    this.day = find("daily");
    this.week = find("weekly");
    this.month = find("monthly");
    this.hasOtherQuotas = this.quotas.length > (this.day === undefined ? 0 : 1);
    this.sustainedPolicy = `${prefix}sustained`;
    this.burstPolicy = `${prefix}burst`;
    this.maxCost = Math.min(this.pace?.burst ?? Infinity, ...this.quotas.map(({ limit }) => limit));
  }
}

const cached = new WeakMap<Limits, Map<string, Rules>>();

/**
 * The rules of limits; rules are returned unchanged. The same object has the same rules, so it must not change afterwards.
 *
 * @param name whose limits they are: `owner` or a budget's name, which policies begin with; nothing for a key line
 */
export function rulesOf(limits: Limits, name = ""): Rules {
  if (limits instanceof Rules) return limits;
  let byName = cached.get(limits);
  if (byName === undefined) cached.set(limits, (byName = new Map<string, Rules>()));
  let rules = byName.get(name);
  if (rules === undefined) byName.set(name, (rules = new Rules(limits, name === "" ? "" : `${name}-`)));
  return rules;
}

/** True if two paces are the same. */
export function isSamePace(one: Pace, other: Pace): boolean {
  return one.rate === other.rate && one.perMs === other.perMs && one.burst === other.burst;
}

/** True if two sets of rules are the same. */
export function isSameRules(one: Rules, other: Rules): boolean {
  return (
    one === other || (one.prefix === other.prefix && LIMIT_FIELDS.every((name) => one[name] === other[name]))
  );
}
