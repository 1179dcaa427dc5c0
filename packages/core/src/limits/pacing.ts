/**
 * The arithmetic of `sustained` and `burst` for one pace, without a clock, a map or I/O.
 *
 * - `sustained` is a leaky bucket: it holds `burst` requests and leaks `rate` per `per`. Therefore no interval of T admits more
 *   than `burst + rate·T` (G2). Its level counts in units of 1/`perMs` request, so that a leak of `rate` per millisecond is
 *   a whole number and no rounding accumulates.
 * - `burst` is a sliding window of one `per` over admitted requests (G1). Admissions that are close together share a slot,
 *   which leaves the window with its newest admission: late by less than one slot, never early. An evenly paced client
 *   does not notice slots of that width (G5).
 *
 * Times named `at` are milliseconds that never run backwards.
 */
import type { Pace } from "./rules.ts";

/** Slots that a window holds besides the newest. Where more would be needed, admissions join the newest slot. */
const MAX_OLDER_SLOTS = 999;

/** The number of expired slots that stay in the array before it is truncated. */
const CUT_AFTER = 32;

/** The older slots of a window, oldest first: pairs of the time of the newest admission and the cost admitted. */
export class SlotQueue {
  pairs: number[] = [];
  /** The index of the oldest pair. */
  head = 0;

  get length(): number {
    return (this.pairs.length - this.head) / 2;
  }
}

/** State of the requests that were admitted under one pace. */
export class Pacing {
  pace: Pace | undefined;
  /** The level of the bucket at `levelAt`, in units of 1/`perMs` request. */
  level = 0;
  levelAt: number;
  /** Cost admitted within the window: the sum of all slots. */
  windowUsed = 0;
  /** The newest slot: the time of its newest admission, and the cost it holds. */
  newestAt = 0;
  newestUsed = 0;
  older: SlotQueue | undefined = undefined;

  constructor(pace: Pace | undefined, at: number) {
    this.pace = pace;
    this.levelAt = at;
  }
}

/** Copies what is remembered, but not the pace. */
export function assignPacing(target: Pacing, source: Pacing): void {
  target.level = source.level;
  target.levelAt = source.levelAt;
  target.windowUsed = source.windowUsed;
  target.newestAt = source.newestAt;
  target.newestUsed = source.newestUsed;
  target.older = source.older;
}

/** Leaks the bucket and drops the slots that have left the window. */
export function settlePacing(state: Pacing, pace: Pace, at: number): void {
  const leaked = state.level - pace.rate * (at - state.levelAt);
  state.level = leaked > 0 ? leaked : 0;
  state.levelAt = at;
  if (state.windowUsed > 0 || state.older !== undefined) dropOldSlots(state, at - pace.perMs);
}

function dropOldSlots(state: Pacing, until: number): void {
  const { older } = state;
  if (older !== undefined) {
    const { pairs } = older;
    let { head } = older;
    while (head < pairs.length && (pairs[head] as number) <= until) {
      state.windowUsed -= pairs[head + 1] as number;
      head += 2;
    }
    if (head === pairs.length) state.older = undefined;
    else if (head >= CUT_AFTER * 2 && head * 2 >= pairs.length) {
      pairs.splice(0, head);
      head = 0;
    }
    older.head = head;
  }
  if (state.newestUsed > 0 && state.newestAt <= until) {
    state.windowUsed -= state.newestUsed;
    state.newestUsed = 0;
  }
}

/** Counts an admitted cost. The state is settled. */
export function countPacing(state: Pacing, pace: Pace, cost: number, at: number): void {
  state.level += cost * pace.perMs;
  addToWindow(state, pace, cost, at);
}

/** The same, with a bucket that is filled at most to its capacity: for a pace that the limits no longer have. */
export function countCapped(state: Pacing, pace: Pace, cost: number, at: number): void {
  countPacing(state, pace, cost, at);
  if (state.level > pace.capacity) state.level = pace.capacity;
}

function addToWindow(state: Pacing, pace: Pace, cost: number, at: number): void {
  state.windowUsed += cost;
  const { newestAt } = state;
  if (newestAt !== at && state.newestUsed > 0 && !isSameSlot(newestAt, at, pace.slotMs)) closeSlot(state);
  state.newestAt = at;
  state.newestUsed += cost;
}

function isSameSlot(one: number, other: number, slotMs: number): boolean {
  return Math.floor(one / slotMs) === Math.floor(other / slotMs);
}

function closeSlot(state: Pacing): void {
  const older = (state.older ??= new SlotQueue());
  if (older.length >= MAX_OLDER_SLOTS) return;
  older.pairs.push(state.newestAt, state.newestUsed);
  state.newestUsed = 0;
}

/** Returns by how much `cost` exceeds the free space of the bucket, in its units; 0 or less if it fits. */
export function excessOfBucket(state: Pacing, pace: Pace, cost: number): number {
  return state.level + (cost - pace.burst) * pace.perMs;
}

/** Returns by how much `cost` exceeds the free space of the window; 0 or less if it fits. */
export function excessOfWindow(state: Pacing, pace: Pace, cost: number): number {
  return state.windowUsed + cost - pace.burst;
}

/** Milliseconds until `excess` requests have left the window. */
export function untilWindowHasRoom(state: Pacing, pace: Pace, excess: number, at: number): number {
  let left = 0;
  const { older } = state;
  if (older !== undefined) {
    const { pairs } = older;
    for (let index = older.head; index < pairs.length; index += 2) {
      left += pairs[index + 1] as number;
      if (left >= excess) return (pairs[index] as number) + pace.perMs - at;
    }
  }
  return state.newestAt + pace.perMs - at;
}

/** True if no request that was admitted can still be in the window. */
export function windowPassed(state: Pacing, at: number): boolean {
  return state.pace === undefined || state.newestAt + state.pace.perMs <= at || state.windowUsed === 0;
}

/** True if forgetting the pacing would change no later decision: the window has passed, and the bucket is empty. */
export function isPacingOver(state: Pacing, at: number): boolean {
  const { pace } = state;
  return pace === undefined || (windowPassed(state, at) && state.level <= pace.rate * (at - state.levelAt));
}

/** Frees the memory of a window that has passed. */
export function dropWindow(state: Pacing): void {
  state.older = undefined;
  state.windowUsed = 0;
  state.newestUsed = 0;
}

/**
 * Takes back a cost that was counted at `admittedAt`. Exact where no time has passed; otherwise it may take back less from the
 * bucket, never more, since some of the cost has leaked.
 */
export function refundPacing(state: Pacing, cost: number, admittedAt: number, at: number): void {
  const { pace } = state;
  if (pace === undefined) return;
  const inBucket = cost * pace.perMs - pace.rate * (at - admittedAt);
  if (inBucket > 0) state.level = Math.max(0, state.level - inBucket);
  if (admittedAt <= at - pace.perMs) return;
  const { older } = state;
  if (older !== undefined) {
    const { pairs } = older;
    // The slot of an admission is the oldest whose newest admission is not before it.
    for (let index = older.head; index < pairs.length; index += 2) {
      if ((pairs[index] as number) < admittedAt) continue;
      const taken = Math.min(cost, pairs[index + 1] as number);
      pairs[index + 1] = (pairs[index + 1] as number) - taken;
      state.windowUsed -= taken;
      return;
    }
  }
  if (state.newestAt < admittedAt) return;
  const taken = Math.min(cost, state.newestUsed);
  state.newestUsed -= taken;
  state.windowUsed -= taken;
}

/** Usage of a subject elsewhere, in requests. */
export interface PacingUse {
  readonly level: number;
  readonly windowUsed: number;
  /** Age of the newest admission of the window. */
  readonly newestAgeMs: number;
}

/** Makes the bucket and the window at least as full as they are elsewhere, and at most full. The state is settled. */
export function fillPacing(
  state: Pacing,
  pace: Pace,
  { level, windowUsed, newestAgeMs }: PacingUse,
  at: number,
): void {
  state.level = Math.max(state.level, Math.min(level * pace.perMs, pace.capacity));
  const missing = Math.min(windowUsed, pace.burst) - state.windowUsed;
  const slotAt = Math.max(at - newestAgeMs, state.newestUsed > 0 ? state.newestAt : -Infinity);
  if (missing > 0 && slotAt > at - pace.perMs) addToWindow(state, pace, missing, slotAt);
}

/** Counts a cost that is known only afterwards, at most up to the limits unless `inFull`. The state is settled. */
export function surchargePacing(state: Pacing, cost: number, at: number, inFull: boolean): void {
  const { pace } = state;
  if (pace === undefined) return;
  if (inFull) {
    countPacing(state, pace, cost, at);
    return;
  }
  state.level = Math.max(state.level, Math.min(pace.capacity, state.level + cost * pace.perMs));
  const room = Math.min(cost, pace.burst - state.windowUsed);
  if (room > 0) addToWindow(state, pace, room, at);
}

/**
 * The pacing of a subject whose limits changed to a new pace. It is as full as the fullest of its earlier paces, and never fuller than the new pace allows, so that allowed traffic is not held against it.
 */
export function startPacing(target: Pacing, pace: Pace, from: readonly Pacing[], at: number): void {
  let [level, longest] = [0, undefined as Pacing | undefined];
  for (const other of from) {
    if (other.pace === undefined) continue;
    level = Math.max(level, Math.ceil((other.level * pace.perMs) / other.pace.perMs));
    if (longest?.pace === undefined || other.pace.perMs > longest.pace.perMs) longest = other;
  }
  target.pace = pace;
  target.level = Math.min(level, pace.capacity);
  target.levelAt = at;
  dropWindow(target);
  if (longest === undefined) return;
  const { older, newestAt, newestUsed } = longest;
  const until = at - pace.perMs;
  const copy = (slotAt: number, used: number) => {
    if (slotAt > until && used > 0) addToWindow(target, pace, used, slotAt);
  };
  for (let index = older?.head ?? 0; index < (older?.pairs.length ?? 0); index += 2) {
    copy(older?.pairs[index] as number, older?.pairs[index + 1] as number);
  }
  copy(newestAt, newestUsed);
}
