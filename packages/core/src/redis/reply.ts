import { SubjectState } from "../limits/algorithm.ts";

/** What `consume-1.lua` tells of a subject. */
export interface ConsumeReply {
  /** Redis's clock. */
  readonly now: number;
  /** The subject before the requests that were asked about. */
  readonly state: SubjectState;
}

type Numbers = readonly (number | string)[];

/** Redis's clock, which is all that a call that came too late is told. */
export function readClock(reply: unknown): number {
  // Some clients can be told to give numbers as strings.
  return Math.abs(Number((reply as Numbers)[0]));
}

/**
 * Reads the numbers in the order in which `consume-1.lua` lists them; `undefined` if the call came too
 * late, and nothing was counted.
 */
export function readReply(reply: unknown): ConsumeReply | undefined {
  const numbers = reply as Numbers;
  if (numbers.length === 1) return undefined;
  let index = 0;
  const next = () => Number(numbers[index++]);
  const first = next();
  const now = Math.abs(first);
  const state = new SubjectState(now, now);
  if (first < 0) {
    state.levelAt = now + next();
    state.day = next();
  }
  const at = state.levelAt;
  state.level = next();
  state.windowUsed = next();
  state.newestAt = at - next();
  state.newestUsed = next();
  state.dayUsed = next();
  if (index < numbers.length) {
    state.older = [];
    while (index < numbers.length) state.older.push(at - next(), next());
  }
  return { now, state };
}
