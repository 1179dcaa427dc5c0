import { KeywardError } from "../errors.ts";
import { checkTimeZone } from "./time-zone.ts";

/** A calendar period that a quota counts in. Weeks start on Monday. */
export type QuotaName = "hourly" | "daily" | "weekly" | "monthly";

/** The quotas, from the shortest period to the longest. */
export const QUOTA_NAMES: readonly QuotaName[] = ["hourly", "daily", "weekly", "monthly"];

/** The unit of time that `rate` and `burst` count in. */
export type RateUnit = "second" | "minute" | "hour";

/**
 * Limits of a key line, an owner, a budget or an anonymous address. At least `rate` or one quota is set; what is not set
 * is not limited.
 */
export interface Limits {
  /** Sustained requests per `per`: a whole number from 1 to 1,000,000,000. */
  readonly rate?: number | undefined;
  /** The unit of `rate`. Default: `"second"`. */
  readonly per?: RateUnit | undefined;
  /** Most requests in any sliding window of one `per`. Default: `rate`. Not below `rate`. */
  readonly burst?: number | undefined;
  /** Requests per calendar hour. */
  readonly hourly?: number | undefined;
  /** Requests per calendar day. */
  readonly daily?: number | undefined;
  /** Requests per calendar week, Monday to Sunday. */
  readonly weekly?: number | undefined;
  /** Requests per calendar month, or per billing month where `monthStartsOn` is set. */
  readonly monthly?: number | undefined;
  /** IANA time zone of the quotas. Default: `"UTC"`. */
  readonly timeZone?: string | undefined;
  /** The day on which a month begins: 1 to 28. Default: 1. */
  readonly monthStartsOn?: number | undefined;
}

/**
 * Limits that override others: `rate`, `per` and `burst` together, each quota, `timeZone` and `monthStartsOn` separately.
 * `null` removes a limit (`rate: null` removes `rate`, `per` and `burst`).
 */
export type LimitOverrides = { readonly [Name in keyof Limits]?: Limits[Name] | null };

/**
 * The name of a limit in `RateLimit` fields, problem documents, usage and events: `sustained`, `burst`, or the name of a
 * quota; after `owner-` for an owner's limits, and after the budget's name and `-` for a budget's.
 */
export type Policy = string;

/** The limits of the plan `default` unless it is configured: 200 per second, bursts of 500, 2,000 per UTC day. */
export const DEFAULT_LIMITS: Limits = Object.freeze({ rate: 200, burst: 500, daily: 2000 });

/** Keeps `MAX_LIMIT` requests in units of 1/3,600,000 request, and sums of two such levels, exact in a double. */
export const MAX_LIMIT = 1_000_000_000;

const MAX_MONTH_START = 28;
const UNITS: readonly RateUnit[] = ["second", "minute", "hour"];
/** The fields of limits, in the order in which they are shown. */
export const LIMIT_FIELDS: readonly (keyof Limits)[] = [
  "rate",
  "per",
  "burst",
  ...QUOTA_NAMES,
  "timeZone",
  "monthStartsOn",
];

/** An error about one field: `field` is a path such as `plans.free.owner.daily`. */
type Fail = (field: string, message: string) => never;

const failOption: Fail = (_field, message) => {
  throw new KeywardError("invalid-option", message);
};

/**
 * Checks complete limits and returns a frozen copy without unset fields.
 *
 * @param path names the limits in errors, such as `plans.free`
 * @throws KeywardError `invalid-option` (or what `fail` throws) that names the field, and says what is accepted
 */
export function checkLimits(value: unknown, path: string, fail: Fail = failOption): Limits {
  const limits = checkFields(value, path, false, fail) as Limits;
  const hasQuota = QUOTA_NAMES.some((name) => limits[name] !== undefined);
  if (limits.rate === undefined && !hasQuota) {
    fail(path, `${path} must set at least one of rate, ${QUOTA_NAMES.join(", ")}.`);
  }
  if (limits.rate === undefined && (limits.burst !== undefined || limits.per !== undefined)) {
    fail(path, `${path}.rate must be set where burst or per is set.`);
  }
  if (limits.timeZone !== undefined && !hasQuota) {
    fail(`${path}.timeZone`, `${path}.timeZone needs a quota: set one of ${QUOTA_NAMES.join(", ")}.`);
  }
  if (limits.monthStartsOn !== undefined && limits.monthly === undefined) {
    fail(`${path}.monthStartsOn`, `${path}.monthStartsOn needs a monthly quota: set monthly.`);
  }
  return limits;
}

/**
 * Checks limits that override a plan's, and returns a frozen copy without unset fields.
 *
 * @throws KeywardError as {@link checkLimits} does
 */
export function checkOverrides(value: unknown, path: string, fail: Fail = failOption): LimitOverrides {
  const limits = checkFields(value, path, true, fail);
  if (typeof limits.rate !== "number" && (limits.burst != null || limits.per != null)) {
    fail(`${path}.rate`, `${path}.rate must be set where burst or per is set: the three override together.`);
  }
  return limits;
}

/**
 * The effective limits: a plan's limits with `overrides`. Defaults apply after merging, so that `burst` without a
 * value is the overriding `rate`.
 *
 * @returns `undefined` where nothing is limited
 */
export function mergeLimits(plan: Limits | undefined, overrides: LimitOverrides): Limits | undefined {
  const merged: Record<string, unknown> = { ...plan };
  if (overrides.rate !== undefined) {
    for (const name of ["rate", "per", "burst"] as const) merged[name] = overrides[name] ?? undefined;
  }
  for (const name of [...QUOTA_NAMES, "timeZone", "monthStartsOn"] as const) {
    if (overrides[name] !== undefined) merged[name] = overrides[name] ?? undefined;
  }
  const limits = Object.fromEntries(
    LIMIT_FIELDS.filter((name) => merged[name] !== undefined).map((name) => [name, merged[name]]),
  ) as Limits;
  const isLimited = limits.rate !== undefined || QUOTA_NAMES.some((name) => limits[name] !== undefined);
  return isLimited ? Object.freeze(limits) : undefined;
}

/** Checks each field alone, and `burst` against `rate`. */
function checkFields(value: unknown, path: string, allowsNull: boolean, fail: Fail): LimitOverrides {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fail(
      path,
      `${path} must be an object such as { rate: 200, burst: 500, daily: 2000 }; got ${show(value)}.`,
    );
  }
  const input = value as Record<string, unknown>;
  for (const name of Object.keys(input)) {
    if (!(LIMIT_FIELDS as readonly string[]).includes(name)) {
      fail(`${path}.${name}`, `${path}.${name} is not a limit; there are ${LIMIT_FIELDS.join(", ")}.`);
    }
  }
  const limits: Record<string, unknown> = {};
  for (const name of LIMIT_FIELDS) {
    const field = input[name];
    if (field === undefined) continue;
    if (field !== null || !allowsNull) checkField(name, field, `${path}.${name}`, fail);
    limits[name] = field;
  }
  const { rate, burst } = limits;
  if (typeof rate === "number" && typeof burst === "number" && burst < rate) {
    fail(`${path}.burst`, `${path}.burst must not be below rate, ${rate}; got ${burst}.`);
  }
  return Object.freeze(limits);
}

function checkField(name: keyof Limits, value: unknown, path: string, fail: Fail): void {
  if (name === "per") {
    if (!(UNITS as readonly unknown[]).includes(value)) {
      fail(path, `${path} must be "second", "minute" or "hour"; got ${show(value)}.`);
    }
  } else if (name === "timeZone") {
    checkTimeZone(value, path, fail);
  } else {
    const max = name === "monthStartsOn" ? MAX_MONTH_START : MAX_LIMIT;
    if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > max) {
      fail(path, `${path} must be a whole number from 1 to ${max}; got ${show(value)}.`);
    }
  }
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  return Array.isArray(value) ? "an array" : String(value);
}
