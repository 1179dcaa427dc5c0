import type { LimitOverrides, OwnLimits, RateUnit } from "@keyward/core";
import { InvalidArgumentError, Option, type Command } from "commander";
import { parseExpiry, wholeNumber } from "../arguments.ts";
import { UsageError } from "../command-error.ts";

/** Options that set own limits of a key or an owner. `none` removes a limit of the plan. */
export interface LimitOptions {
  readonly rate?: number | "none";
  readonly per?: RateUnit;
  readonly burst?: number;
  readonly hourly?: number | "none";
  readonly daily?: number | "none";
  readonly weekly?: number | "none";
  readonly monthly?: number | "none";
  readonly timeZone?: string;
  readonly monthStartsOn?: number;
  readonly until?: Date;
}

const QUOTAS = [
  ["hourly", "hour"],
  ["daily", "day"],
  ["weekly", "week"],
  ["monthly", "month"],
] as const;

/** Parses a whole number, or `none`. */
function limitOrNone(text: string): number | "none" {
  if (text === "none") return text;
  try {
    return wholeNumber(1)(text);
  } catch {
    throw new InvalidArgumentError("It must be a whole number of at least 1, or none.");
  }
}

/** Adds the options of own limits to a command. */
export function addLimitOptions(command: Command): Command {
  command
    .option("--rate <n>", "sustained requests per second, or per --per; none: no rate", limitOrNone)
    .addOption(new Option("--per <unit>", "the unit of --rate").choices(["second", "minute", "hour"]))
    .option("--burst <n>", "most requests in any window of one --per; default: --rate", wholeNumber(1));
  for (const [name, period] of QUOTAS) {
    command.option(`--${name} <n>`, `requests per calendar ${period}; none: no ${name} quota`, limitOrNone);
  }
  return command
    .option("--time-zone <zone>", "the time zone of the quotas, such as Europe/Berlin")
    .option("--month-starts-on <day>", "the day a month begins, 1 to 28", wholeNumber(1, 28))
    .option("--until <when>", "when these limits expire: a duration (7d) or a date", parseExpiry);
}

/** Returns whether any limit option is set. */
export function hasLimitOptions(options: LimitOptions): boolean {
  return Object.keys(changesOf(options)).length > 0 || options.until !== undefined;
}

/**
 * The own limits after the options are applied to the present ones. `rate`, `per` and `burst` override a plan's together.
 *
 * @throws UsageError where nothing would be limited
 */
export function changeLimits(present: OwnLimits | undefined, options: LimitOptions): OwnLimits {
  const { until = present?.until, ...rest } = { ...options };
  const { until: _presentUntil, ...limits } = present ?? {};
  const changes = changesOf(rest);
  const merged: LimitOverrides = { ...limits, ...changes };
  const next = merged.rate === null ? withoutPace(merged) : merged;
  if (Object.keys(next).length === 0) throw new UsageError("--until needs a limit: pass --rate or a quota.");
  return { ...next, ...(until !== undefined && { until }) };
}

function withoutPace({ per: _per, burst: _burst, ...limits }: LimitOverrides): LimitOverrides {
  return limits;
}

function changesOf(options: LimitOptions): LimitOverrides {
  const { rate, per, burst, hourly, daily, weekly, monthly, timeZone, monthStartsOn } = options;
  const all = { rate, per, burst, hourly, daily, weekly, monthly, timeZone, monthStartsOn };
  return Object.fromEntries(
    Object.entries(all)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value === "none" ? null : value]),
  );
}
