import { isDate } from "node:util/types";
import { KeywardError } from "../errors.ts";
import { checkText } from "../keys/input.ts";
import type { KeyStore } from "../keys/store.ts";
import { DAY_MS } from "../limits/algorithm.ts";
import type { UsageRecorder } from "./recorder.ts";
import { HOUR_MS, mergeUsage, type UsageSubject, type UsageTally } from "./usage.ts";

/**
 * Which use to give: that of a key, or of all keys of an owner. Hours and days are UTC; those that `from` and `to`
 * fall into are whole.
 */
export type UsageQueryInput = UsageSubject & {
  readonly from: Date;
  /** Not included. */
  readonly to: Date;
  readonly per: "hour" | "day";
};

/** What was done in one hour or day. A refused request can be over several policies at once. */
export interface UsageRow {
  readonly start: Date;
  /** Requests that were let through, and what they cost together. */
  readonly admitted: number;
  readonly cost: number;
  /** Requests refused for a limit, and for which. */
  readonly refused: number;
  readonly refusedBy: { readonly sustained: number; readonly burst: number; readonly daily: number };
  /** Requests let through in observe mode that would have been refused. */
  readonly observed: number;
}

/** What keys and owners have used, by hour or by day. */
export interface Usage {
  /** The hours or days with any use, oldest first, up to this moment. */
  query(input: UsageQueryInput): Promise<readonly UsageRow[]>;
  /** Writes what was gathered and not yet stored. */
  flush(): Promise<void>;
}

export function createUsage(store: KeyStore, recorder: UsageRecorder): Usage {
  return {
    async query(input) {
      const { from, to, per } = input;
      if (per !== "hour" && per !== "day") {
        throw new KeywardError("invalid-input", `per: got ${String(per)}, wants "hour" or "day".`);
      }
      const stepMs = per === "hour" ? HOUR_MS : DAY_MS;
      await recorder.flush();
      const hours = await store.queryUsage({
        ...subjectOf(input),
        from: Math.floor(timeOf("from", from) / stepMs) * stepMs,
        to: Math.ceil(timeOf("to", to) / stepMs) * stepMs,
      });
      return mergeUsage(hours, stepMs).map(toRow);
    },
    flush: () => recorder.flush(),
  };
}

function subjectOf(input: UsageSubject): UsageSubject {
  const { keyId, ownerId } = input as { keyId?: unknown; ownerId?: unknown };
  if ((keyId === undefined) === (ownerId === undefined)) {
    throw new KeywardError("invalid-input", "usage.query: wants either keyId or ownerId.");
  }
  return keyId === undefined
    ? { ownerId: checkText(ownerId, "ownerId") }
    : { keyId: checkText(keyId, "keyId") };
}

function timeOf(field: string, value: unknown): number {
  const time = isDate(value) ? value.getTime() : Number.NaN;
  if (Number.isNaN(time))
    throw new KeywardError("invalid-input", `${field}: got ${String(value)}, wants a Date.`);
  return time;
}

function toRow(tally: UsageTally): UsageRow {
  return {
    start: new Date(tally.hour),
    admitted: tally.admitted,
    cost: tally.cost,
    refused: tally.refused,
    refusedBy: { sustained: tally.refusedSustained, burst: tally.refusedBurst, daily: tally.refusedDaily },
    observed: tally.observed,
  };
}
