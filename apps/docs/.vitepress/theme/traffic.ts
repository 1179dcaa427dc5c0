/** The traffic of the figure, and what each algorithm admits of it. Keyward's part is the code that servers run. */
import { decide } from "../../../../packages/core/src/limits/algorithm.ts";
import { Rules } from "../../../../packages/core/src/limits/rules.ts";
import { SubjectState } from "../../../../packages/core/src/limits/subject.ts";

/** The contract that the figure is about: 20 requests per second, bursts of 50. */
export const LIMITS = { rate: 20, burst: 50 } as const;
export const DURATION_MS = 4000;

const SECOND_MS = 1000;
const SPACING_MS = 2;

/** Decides whether a request at this time is admitted. Called in the order of time. */
type Admit = (atMs: number) => boolean;

/** Requests at these times, in order: two bursts, each of `burst` requests. */
export function createTraffic(firstMs: number, secondMs: number): readonly number[] {
  const burstAt = (startMs: number) =>
    Array.from({ length: LIMITS.burst }, (_, index) => startMs + index * SPACING_MS);
  return [...burstAt(firstMs), ...burstAt(secondMs)].toSorted((one, other) => one - other);
}

/** Windows from one full second to the next. */
export function fixedWindows(): Admit {
  let [window, used] = [-1, 0];
  return (atMs) => {
    const current = Math.floor(atMs / SECOND_MS);
    if (current !== window) [window, used] = [current, 0];
    if (used >= LIMITS.burst) return false;
    used += 1;
    return true;
  };
}

/** A bucket of `burst` tokens that refills at `rate`. */
export function tokenBucket(): Admit {
  let [tokens, lastMs] = [LIMITS.burst as number, 0];
  return (atMs) => {
    tokens = Math.min(LIMITS.burst, tokens + ((atMs - lastMs) * LIMITS.rate) / SECOND_MS);
    lastMs = atMs;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

export function keyward(): Admit {
  const rules = new Rules(LIMITS, "");
  const state = new SubjectState(rules.pace, 0);
  return (atMs) => decide(state, rules, 1, atMs, atMs, true).allowed;
}

/** The times of the requests that were admitted, and of those that were refused. */
export interface TrafficOutcome {
  readonly admitted: readonly number[];
  readonly refused: readonly number[];
  /** The most that was admitted in any one second. */
  readonly peak: number;
}

export function decideTraffic(admit: Admit, traffic: readonly number[]): TrafficOutcome {
  const decisions = traffic.map((atMs) => ({ atMs, isAdmitted: admit(atMs) }));
  const timesOf = (isAdmitted: boolean) =>
    decisions.filter((each) => each.isAdmitted === isAdmitted).map(({ atMs }) => atMs);
  const admitted = timesOf(true);
  return { admitted, refused: timesOf(false), peak: peakOf(admitted) };
}

/** The most times within any one second. */
export function peakOf(times: readonly number[]): number {
  let [peak, first] = [0, 0];
  for (const [last, atMs] of times.entries()) {
    while ((times[first] as number) <= atMs - SECOND_MS) first += 1;
    peak = Math.max(peak, last - first + 1);
  }
  return peak;
}
