import { KeywardError } from "../errors.ts";
import type { KeyStore } from "../keys/store.ts";
import { DAY_MS } from "../limits/algorithm.ts";
import type { UsageRecorder } from "./recorder.ts";
import { addToTally, emptyTally, HOUR_MS, type UsageCount, type UsageTally } from "./usage.ts";

/** Which use of a key to give. Hours and days are UTC; those that `from` and `to` fall into are whole. */
export interface UsageQueryInput {
  readonly keyId: string;
  readonly from: Date;
  /** Not included. */
  readonly to: Date;
  readonly per: "hour" | "day";
}

/** What a key did in one hour or day. A refused request can be over several policies at once. */
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

export interface Usage {
  /** The hours or days with any use, oldest first, up to this moment. */
  query(input: UsageQueryInput): Promise<readonly UsageRow[]>;
  /** Writes what was gathered and not yet stored. */
  flush(): Promise<void>;
}

export function createUsage(store: KeyStore, recorder: UsageRecorder): Usage {
  return {
    async query({ keyId, from, to, per }) {
      if (per !== "hour" && per !== "day") {
        throw new KeywardError("invalid-input", `per: got ${String(per)}, wants "hour" or "day".`);
      }
      const stepMs = per === "hour" ? HOUR_MS : DAY_MS;
      await recorder.flush();
      const hours = await store.queryUsage({
        keyId,
        from: Math.floor(timeOf("from", from) / stepMs) * stepMs,
        to: Math.ceil(timeOf("to", to) / stepMs) * stepMs,
      });
      return merge(hours, stepMs).map(toRow);
    },
    flush: () => recorder.flush(),
  };
}

function timeOf(field: string, value: unknown): number {
  const time = value instanceof Date ? value.getTime() : Number.NaN;
  if (Number.isNaN(time))
    throw new KeywardError("invalid-input", `${field}: got ${String(value)}, wants a Date.`);
  return time;
}

function merge(hours: readonly UsageCount[], stepMs: number): UsageTally[] {
  const byStart = new Map<number, UsageTally>();
  for (const count of hours) {
    const start = Math.floor(count.hour / stepMs) * stepMs;
    const tally = byStart.get(start) ?? emptyTally(count.keyId, start);
    byStart.set(start, tally);
    addToTally(tally, count);
  }
  return [...byStart.values()];
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
