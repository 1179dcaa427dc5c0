import { SubjectState } from "../limits/algorithm.ts";

/** What `consume-1.lua` tells of a subject. */
export interface ConsumeReply {
  /** Redis's clock. */
  readonly now: number;
  /** The subject before the requests that were asked about; `undefined` if they came too late and nothing was counted. */
  readonly state: SubjectState | undefined;
}

/** Reads the numbers in the order in which `consume-1.lua` lists them. */
export function readReply(reply: unknown): ConsumeReply {
  // Some clients can be told to give numbers as strings.
  const [now, ...fields] = (reply as (number | string)[]).map(Number) as [number, ...number[]];
  if (fields.length === 0) return { now, state: undefined };
  const [at, level, windowUsed, newestAt, newestUsed, day, dayUsed, ...slots] = fields as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    ...number[],
  ];
  const state = new SubjectState(at, now);
  state.level = level;
  state.windowUsed = windowUsed;
  state.newestAt = newestAt;
  state.newestUsed = newestUsed;
  state.day = day;
  state.dayUsed = dayUsed;
  if (slots.length > 0) state.older = slots;
  return { now, state };
}
