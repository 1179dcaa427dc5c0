import type { PeriodCount } from "../limits/limiter.ts";
import type { QuotaName } from "../limits/limits.ts";
import { Rules } from "../limits/rules.ts";
import type { ScriptRunner } from "./runner.ts";
import { scripts } from "./script.ts";

/** Counts of one subject that this process has and Redis has not. */
export interface LocalUse {
  readonly subject: string;
  readonly counts: readonly PeriodCount[];
  /** Level of the bucket and the window, in requests; `undefined` to keep those of Redis. */
  readonly pacing?:
    | { readonly rules: Rules; readonly level: number; readonly windowUsed: number }
    | undefined;
}

/** The most subjects of one call, so that no call occupies Redis for long. */
const MAX_SUBJECTS = 64;

/** Limits that settle nothing. */
const NO_RULES = new Rules({}, "");

/** Position of each quota's count in `add-counts.lua`. */
const PLACES: Readonly<Record<QuotaName, number>> = { daily: 0, hourly: 1, weekly: 5, monthly: 9 };

/** The place of the bucket and the window. */
const PACING = -1;

/** The limits without their quotas, whose periods are then not needed. */
const paces = new WeakMap<Rules, Rules>();

function paceOf(rules: Rules): Rules {
  let pace = paces.get(rules);
  if (pace === undefined) {
    const { rate, per, burst } = rules;
    paces.set(rules, (pace = new Rules({ rate, per, burst }, rules.prefix)));
  }
  return pace;
}

/**
 * Adds to Redis what was counted while it could not be asked.
 *
 * @param uses of subjects with one hash tag
 * @param failed receives what could not be added
 */
export async function handOver(
  runner: ScriptRunner,
  uses: readonly LocalUse[],
  failed: (uses: readonly LocalUse[]) => void,
): Promise<void> {
  const calls: Promise<unknown>[] = [];
  for (let from = 0; from < uses.length; from += MAX_SUBJECTS) {
    const some = uses.slice(from, from + MAX_SUBJECTS);
    calls.push(addCounts(runner, some).catch(() => failed(some)));
  }
  await Promise.all(calls);
}

function addCounts(runner: ScriptRunner, uses: readonly LocalUse[]): Promise<unknown> {
  const ruled = uses.map(({ subject, pacing }) => ({
    subject,
    rules: pacing === undefined ? NO_RULES : paceOf(pacing.rules),
  }));
  return runner.run(scripts.addCounts, ruled, uses.map(toArgument));
}

/** Counts to add to one subject, as `add-counts.lua` takes them. */
function toArgument({ counts, pacing }: LocalUse): string {
  const numbers = counts.flatMap(({ period: { quota, startMs, endMs }, used }) => [
    PLACES[quota],
    startMs,
    endMs,
    used,
  ]);
  if (pacing !== undefined) numbers.push(PACING, pacing.level, pacing.windowUsed, 0);
  return numbers.join(" ");
}
