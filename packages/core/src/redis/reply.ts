import { SubjectState } from "../limits/algorithm.ts";

/** What `consume-1.lua` tells of a subject. */
export interface ConsumeReply {
  /** Redis's clock. */
  readonly now: number;
  /** The subject before the requests that were asked about. */
  readonly state: SubjectState;
}

/** How many numbers there are before the slots. */
const FIELDS = 8;

/** Redis's clock, which is all that a call that came too late is told. */
export function readClock(reply: unknown): number {
  return Number((reply as readonly (number | string)[])[0]);
}

/**
 * Reads the numbers in the order in which `consume-1.lua` lists them; `undefined` if the call came too
 * late, and nothing was counted.
 */
export function readReply(reply: unknown): ConsumeReply | undefined {
  const numbers = reply as readonly (number | string)[];
  if (numbers.length < FIELDS) return undefined;
  // Some clients can be told to give numbers as strings.
  const field = (index: number) => Number(numbers[index]);
  const now = field(0);
  const at = now + field(1);
  const state = new SubjectState(at, now);
  state.level = field(2);
  state.windowUsed = field(3);
  state.newestAt = at + field(4);
  state.newestUsed = field(5);
  state.day = field(6);
  state.dayUsed = field(7);
  if (numbers.length > FIELDS) {
    state.older = numbers.slice(FIELDS).map((number, index) => Number(number) + (index % 2 === 0 ? at : 0));
  }
  return { now, state };
}
