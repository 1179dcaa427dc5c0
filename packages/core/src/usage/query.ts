import { isDate } from "node:util/types";
import { KeywardError } from "../errors.ts";
import { checkText } from "../keys/input.ts";
import type { UsageStore } from "../store/usage-store.ts";
import type { Policy } from "../limits/limits.ts";
import { DAY_MS } from "../time.ts";
import type { UsageRecorder } from "./recorder.ts";
import { HOUR_MS, mergeUsage, type UsageSubject, type UsageTally } from "./usage.ts";

/**
 * Which usage to return: that of a key, or of all keys of an owner. Hours and days are UTC; those that `from` and `to`
 * fall into are whole.
 */
export type UsageQueryInput = UsageSubject & {
  readonly from: Date;
  /** Excluded. */
  readonly to: Date;
  readonly per: "hour" | "day";
};

/** What was done in one hour or day. A refused request can be over several policies at once. */
export interface UsageBucket {
  readonly start: Date;
  /** Admitted requests. */
  readonly admitted: number;
  /** Their total cost. */
  readonly cost: number;
  /** Requests refused by a limit. */
  readonly refused: number;
  /** Refused requests by policy. Policies that refused none are left out. */
  readonly refusedBy: Readonly<Record<Policy, number>>;
  /** Requests admitted in observe mode that would have been refused. */
  readonly observed: number;
}

/** The usage of keys and owners, by hour or by day. */
export interface Usage {
  /** The hours or days with any use, oldest first, up to this moment. */
  query(input: UsageQueryInput): Promise<readonly UsageBucket[]>;
  /** Stores usage that was gathered and is not stored yet. */
  flush(): Promise<void>;
}

export function createUsage(store: UsageStore, recorder: UsageRecorder): Usage {
  return {
    async query(input) {
      const { from, to, per } = input;
      if (per !== "hour" && per !== "day") {
        throw new KeywardError("invalid-input", `per must be "hour" or "day"; got ${String(per)}.`);
      }
      const stepMs = per === "hour" ? HOUR_MS : DAY_MS;
      await recorder.flush();
      const hours = await store.queryUsage({
        ...subjectOf(input),
        from: Math.floor(timeOf("from", from) / stepMs) * stepMs,
        to: Math.ceil(timeOf("to", to) / stepMs) * stepMs,
      });
      return mergeUsage(hours, stepMs).map(toBucket);
    },
    flush: () => recorder.flush(),
  };
}

function subjectOf(input: UsageSubject): UsageSubject {
  const { keyId, ownerId } = input as { keyId?: unknown; ownerId?: unknown };
  if ((keyId === undefined) === (ownerId === undefined)) {
    throw new KeywardError("invalid-input", "usage.query needs either keyId or ownerId.");
  }
  return keyId === undefined
    ? { ownerId: checkText(ownerId, "ownerId") }
    : { keyId: checkText(keyId, "keyId") };
}

function timeOf(field: string, value: unknown): number {
  const time = isDate(value) ? value.getTime() : Number.NaN;
  if (Number.isNaN(time))
    throw new KeywardError("invalid-input", `${field} must be a valid Date; got ${String(value)}.`);
  return time;
}

function toBucket(tally: UsageTally): UsageBucket {
  return {
    start: new Date(tally.hour),
    admitted: tally.admitted,
    cost: tally.cost,
    refused: tally.refused,
    refusedBy: tally.refusedBy,
    observed: tally.observed,
  };
}
