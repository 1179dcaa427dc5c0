/**
 * The arithmetic of the three limits, without a clock, a map or I/O: the executable specification.
 *
 * - `sustained` is a leaky bucket: it holds `burst` requests and leaks `rate` a second. Hence no
 *   interval of T seconds admits more than `burst + rate·T` (G2). It counts in thousandths of a request,
 *   so that a leak of `rate` per millisecond is a whole number and no rounding builds up.
 * - `burst` is a sliding window of one second over what was admitted (G1). Admissions that lie close
 *   together share a slot, which leaves the window when its newest admission does: late by less
 *   than one slot, never early. Slots are as wide as an evenly paced client cannot notice (G5).
 * - `daily` counts the UTC day (G3).
 *
 * Times named `at` are milliseconds that never run backwards; `wallMs` is the clock, which may (G8).
 */
import type { LimitResult } from "./limiter.ts";
import type { Limits, Policy } from "./limits.ts";

/** The length of a UTC day in milliseconds. */
export const DAY_MS = 86_400_000;

const WINDOW_MS = 1000;
const WIDEST_SLOT_MS = 25;

/** Everything that is remembered of one subject. It does not depend on the limits, which may change. */
export class SubjectState {
  /** Thousandths of a request in the bucket, when it was last looked at. */
  level = 0;
  /** When that was. */
  levelAt: number;
  /** Requests admitted within the window: the sum of all slots. */
  windowUsed = 0;
  /** The newest slot: its newest admission, and how many it holds. */
  newestAt = 0;
  newestUsed = 0;
  /** Older slots as pairs (newest admission, count), oldest first from `olderHead`. */
  older: number[] | undefined = undefined;
  olderHead = 0;
  /** The UTC day that `dayUsed` counts, in days since the epoch. */
  day: number;
  dayUsed = 0;

  /** A subject that has not been seen before. */
  constructor(at: number, wallMs: number) {
    this.levelAt = at;
    this.day = Math.floor(wallMs / DAY_MS);
  }
}

/** Whether two admissions may share a slot. Where `burst` leaves no slack over `rate`, none do. */
function sameSlot(one: number, other: number, limits: Limits): boolean {
  const slackMs = ((limits.burst - limits.rate) * WINDOW_MS) / limits.rate;
  const width = slackMs < WIDEST_SLOT_MS ? slackMs : WIDEST_SLOT_MS;
  return width > 0 && Math.floor(one / width) === Math.floor(other / width);
}

/** Lets the bucket leak and old slots leave the window, and turns the day. Admits nothing. */
export function settle(state: SubjectState, limits: Limits, at: number, wallMs: number): void {
  const capacity = limits.burst * 1000;
  const leaked = state.level - limits.rate * (at - state.levelAt);
  // Lowered limits also lower what is owed, so that nobody pays for traffic that was allowed.
  state.level = leaked > capacity ? capacity : leaked > 0 ? leaked : 0;
  state.levelAt = at;
  leaveWindow(state, at - WINDOW_MS);
  turnDay(state, Math.floor(wallMs / DAY_MS));
}

function leaveWindow(state: SubjectState, until: number): void {
  const { older } = state;
  if (older !== undefined) {
    let head = state.olderHead;
    while (head < older.length && (older[head] as number) <= until) {
      state.windowUsed -= older[head + 1] as number;
      head += 2;
    }
    if (head === older.length) {
      state.older = undefined;
      head = 0;
    } else if (head >= 64 && head * 2 >= older.length) {
      older.splice(0, head);
      head = 0;
    }
    state.olderHead = head;
  }
  if (state.newestUsed > 0 && state.newestAt <= until) {
    state.windowUsed -= state.newestUsed;
    state.newestUsed = 0;
  }
}

/**
 * A later day starts afresh. The day before stays in the count of the later one, so that a clock set
 * back over midnight admits nothing twice; a clock that was wrong by days is followed back, with the count.
 */
function turnDay(state: SubjectState, day: number): void {
  if (day > state.day) {
    state.day = day;
    state.dayUsed = 0;
  } else if (day < state.day - 1 || state.dayUsed === 0) {
    state.day = day;
  }
}

/** Counts an admitted `cost` in all three limits. The state is settled. */
function count(state: SubjectState, limits: Limits, cost: number, at: number): void {
  state.level += cost * 1000;
  state.dayUsed += cost;
  state.windowUsed += cost;
  if (state.newestAt !== at && state.newestUsed > 0 && !sameSlot(state.newestAt, at, limits)) {
    if (state.older === undefined) state.older = [state.newestAt, state.newestUsed];
    else state.older.push(state.newestAt, state.newestUsed);
    state.newestUsed = 0;
  }
  state.newestAt = at;
  state.newestUsed += cost;
}

/**
 * Takes back a cost that was counted for a request which was refused after all. Exact where no time has
 * passed; else it may take back less from the bucket, never more, since some of the cost has leaked.
 *
 * @param admittedAt when it was counted, on the same scale as `at`
 * @param sameDay whether the day it was counted for is the current one
 */
export function giveBack(
  state: SubjectState,
  limits: Limits,
  cost: number,
  admittedAt: number,
  at: number,
  sameDay: boolean,
): void {
  const inBucket = cost * 1000 - limits.rate * (at - admittedAt);
  if (inBucket > 0) state.level = Math.max(0, state.level - inBucket);
  if (sameDay) state.dayUsed = Math.max(0, state.dayUsed - cost);
  if (admittedAt <= at - WINDOW_MS) return;
  // The slot of an admission is the oldest whose newest admission is not before it.
  const older = state.older ?? [];
  for (let index = state.olderHead; index < older.length; index += 2) {
    if ((older[index] as number) < admittedAt) continue;
    const taken = Math.min(cost, older[index + 1] as number);
    older[index + 1] = (older[index + 1] as number) - taken;
    state.windowUsed -= taken;
    return;
  }
  if (state.newestAt < admittedAt) return;
  const taken = Math.min(cost, state.newestUsed);
  state.newestUsed -= taken;
  state.windowUsed -= taken;
}

/** Milliseconds until `excess` requests have left the window. */
function untilLeft(state: SubjectState, excess: number, at: number): number {
  let left = 0;
  for (let index = state.olderHead; state.older !== undefined && index < state.older.length; index += 2) {
    left += state.older[index + 1] as number;
    if (left >= excess) return (state.older[index] as number) + WINDOW_MS - at;
  }
  return state.newestAt + WINDOW_MS - at;
}

const NONE: readonly Policy[] = Object.freeze([]);

/**
 * Decides one request of a subject, and counts it if `spend` is set and it is allowed.
 *
 * @param at milliseconds that never run backwards, not before the state was last looked at
 * @param wallMs the clock: milliseconds since the epoch, for the UTC day
 */
export function decide(
  state: SubjectState,
  limits: Limits,
  cost: number,
  at: number,
  wallMs: number,
  spend: boolean,
): LimitResult {
  settle(state, limits, at, wallMs);
  const { rate, burst, daily } = limits;
  const midnightMs = Math.ceil((state.day + 1) * DAY_MS - wallMs);

  let violated = NONE;
  let retryAfterMs = 0;
  const overBucket = state.level + (cost - burst) * 1000;
  const overWindow = state.windowUsed + cost - burst;
  const overDay = state.dayUsed + cost - daily;
  if (cost > 0 && (overBucket > 0 || overWindow > 0 || overDay > 0)) {
    const policies: Policy[] = [];
    if (overBucket > 0) {
      policies.push("sustained");
      retryAfterMs = Math.ceil(overBucket / rate);
    }
    if (overWindow > 0) {
      policies.push("burst");
      retryAfterMs = Math.max(retryAfterMs, Math.ceil(untilLeft(state, overWindow, at)));
    }
    if (overDay > 0) {
      policies.push("daily");
      retryAfterMs = Math.max(retryAfterMs, midnightMs);
    }
    if (cost > burst || cost > daily) retryAfterMs = Infinity;
    violated = policies;
  } else if (spend && cost > 0) {
    count(state, limits, cost, at);
  }

  const inBucket = Math.floor((burst * 1000 - state.level) / 1000);
  const owedToRate = state.level - (burst - rate) * 1000;
  return {
    allowed: violated === NONE,
    violated,
    retryAfterMs,
    remaining: {
      sustained: inBucket < rate ? inBucket : rate,
      burst: Math.max(0, burst - state.windowUsed),
      daily: Math.max(0, daily - state.dayUsed),
    },
    resetMs: {
      sustained: owedToRate > 0 ? Math.ceil(owedToRate / rate) : 0,
      burst: state.windowUsed > 0 ? Math.ceil(state.newestAt + WINDOW_MS - at) : 0,
      daily: midnightMs,
    },
  };
}

/**
 * Whether forgetting the subject would change no later answer, whatever its limits are by then: its
 * window has passed, it used nothing of today, and its bucket has drained even at the lowest rate
 * there is, one request a second.
 */
export function owesNothing(state: SubjectState, at: number, wallMs: number): boolean {
  const spentDay = state.dayUsed > 0 && Math.floor(wallMs / DAY_MS) <= state.day;
  return !spentDay && windowPassed(state, at) && state.level <= at - state.levelAt;
}

/** Whether nothing that was admitted can still be in the window. */
export function windowPassed(state: SubjectState, at: number): boolean {
  return state.newestAt + WINDOW_MS <= at;
}

/** Lets go of the memory of a window that has passed. */
export function dropWindow(state: SubjectState): void {
  state.older = undefined;
  state.olderHead = 0;
  state.windowUsed = 0;
  state.newestUsed = 0;
}
