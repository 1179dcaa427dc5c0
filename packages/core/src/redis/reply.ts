import { settle } from "../limits/algorithm.ts";
import type { QuotaName } from "../limits/limits.ts";
import type { Period } from "../limits/periods.ts";
import type { QuotaRule, Rules } from "../limits/rules.ts";
import { NO_PERIOD, SubjectState } from "../limits/subject.ts";
import { readStoredSubject } from "./stored-subject.ts";

/** The reply of `consume.lua`. */
export interface ConsumeReply {
  /** Redis's clock. */
  readonly now: number;
  /** The subjects before the requests, settled, in the order in which they were asked about; `undefined` if nothing was decided. */
  readonly states: readonly SubjectState[] | undefined;
  /** True if the older slots of all windows are there. They are left out where all requests were admitted. */
  readonly hasSlots: boolean;
}

/** The kinds of reply, as `consume.lua` lists them. */
const LATE = 0;
const UNMATCHED = 1;
const WITH_OTHER_QUOTAS = 3;
const STORED = 4;

/** Reads the reply about subjects that have these rules. */
export function readConsumeReply(reply: Buffer, rules: readonly Rules[]): ConsumeReply {
  const now = reply.readDoubleLE(1);
  const kind = reply[0];
  if (kind === LATE || kind === UNMATCHED) return { now, states: undefined, hasSlots: false };
  const states: SubjectState[] = [];
  let position = 0;
  let hasSlots = true;
  for (const each of rules) {
    const form = reply[position];
    position += 9;
    if (form === STORED) {
      const length = reply.readUInt32LE(position);
      position += 4;
      states.push(settleStored(reply.subarray(position, position + length), each, now));
      position += length;
    } else {
      hasSlots = false;
      const hasOthers = form === WITH_OTHER_QUOTAS;
      states.push(readSettled(reply, position, { rules: each, now, hasOthers }));
      position += hasOthers ? 96 : 48;
    }
  }
  return { now, states, hasSlots };
}

function settleStored(bytes: Buffer, rules: Rules, now: number): SubjectState {
  if (bytes.length === 0) {
    const state = new SubjectState(undefined, now);
    settle(state, rules, now, now);
    return state;
  }
  const { state, wallMs } = readStoredSubject(bytes, rules);
  settle(state, rules, state.levelAt + Math.max(0, now - wallMs), now);
  return state;
}

interface SettledSubject {
  readonly rules: Rules;
  readonly now: number;
  readonly hasOthers: boolean;
}

function readSettled(
  reply: Buffer,
  position: number,
  { rules, now, hasOthers }: SettledSubject,
): SubjectState {
  const state = new SubjectState(rules.pace, now);
  state.level = reply.readDoubleLE(position);
  state.windowUsed = reply.readDoubleLE(position + 8);
  state.newestAt = reply.readDoubleLE(position + 16);
  state.newestUsed = reply.readDoubleLE(position + 24);
  state.day = periodEndingAt("daily", reply.readDoubleLE(position + 32), rules.day, now);
  state.dayUsed = reply.readDoubleLE(position + 40);
  if (!hasOthers) return state;
  state.hour = periodEndingAt("hourly", reply.readDoubleLE(position + 48), rules.hour, now);
  state.hourUsed = reply.readDoubleLE(position + 56);
  state.week = periodEndingAt("weekly", reply.readDoubleLE(position + 64), rules.week, now);
  state.weekUsed = reply.readDoubleLE(position + 72);
  state.month = periodEndingAt("monthly", reply.readDoubleLE(position + 80), rules.month, now);
  state.monthUsed = reply.readDoubleLE(position + 88);
  return state;
}

/** The period with this end, which contains `now`: nearly always one of the calendar, but not where the time zone has changed. */
function periodEndingAt(quota: QuotaName, endMs: number, rule: QuotaRule | undefined, now: number): Period {
  if (endMs === 0) return NO_PERIOD;
  const period = rule?.calendar.periodAt(now);
  return period?.endMs === endMs ? period : { quota, startMs: Math.min(now, endMs), endMs };
}
