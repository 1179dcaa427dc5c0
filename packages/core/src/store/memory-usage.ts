import { HOUR_MS } from "../time.ts";
import {
  addToTally,
  emptyTally,
  type UsageCount,
  type UsageDimensions,
  type UsageRow,
  type UsageSelection,
  type UsageTally,
} from "../usage/usage.ts";
import type { TagBounds, UsageAge, UsageStore } from "./usage-store.ts";

type Row = UsageRow & UsageTally;

/** Usage in memory, for `memoryStore()`. */
export interface MemoryUsage {
  add(counts: readonly UsageCount[]): void;
  query(selection: UsageSelection): readonly UsageRow[];
  readonly claimTags: UsageStore["claimTags"];
  drop(age: UsageAge): void;
}

/** Rows by time, owner, key line and tag, which are added up where they are the same. */
class Rows {
  readonly #rows = new Map<string, Row>();

  add(
    { start, ownerId, keyId, tag }: UsageDimensions & { start: number },
    counts: UsageCount | UsageRow,
  ): void {
    const name = JSON.stringify([start, ownerId, keyId, tag]);
    const row = this.#rows.get(name) ?? { start, ownerId, keyId, tag, ...emptyTally() };
    this.#rows.set(name, row);
    addToTally(row, counts);
  }

  get all(): readonly Row[] {
    return [...this.#rows.values()];
  }

  drop(before: number): void {
    for (const [name, { start }] of this.#rows) if (start < before) this.#rows.delete(name);
  }
}

export function memoryUsage(): MemoryUsage {
  const [minutes, hours] = [new Rows(), new Rows()];
  const claims = new Map<string, Map<string, number>>();
  return {
    add(counts) {
      for (const count of counts) {
        minutes.add({ ...count, start: count.minute }, count);
        hours.add({ ...count, start: Math.floor(count.minute / HOUR_MS) * HOUR_MS }, count);
      }
    },
    query(selection) {
      const { stepMs, from, by, unit } = selection;
      const lines = selection.lines && new Set(selection.lines.map(lineOf));
      const grouped = new Rows();
      for (const row of (unit === "minute" ? minutes : hours).all) {
        if (!(isSelected(row, selection) && (lines?.has(lineOf(row)) ?? true))) continue;
        const start = stepMs === undefined ? from : Math.floor(row.start / stepMs) * stepMs;
        grouped.add(
          {
            start,
            ownerId: by.includes("owner") ? row.ownerId : null,
            keyId: by.includes("key") ? row.keyId : null,
            tag: by.includes("tag") ? row.tag : null,
          },
          row,
        );
      }
      return grouped.all.toSorted((a, b) => a.start - b.start);
    },
    claimTags({ ownerId, keyId }, tags, bounds) {
      const name = JSON.stringify([ownerId, keyId]);
      const known = claims.get(name) ?? new Map<string, number>();
      claims.set(name, known);
      return tags.filter((tag) => claim(known, tag, bounds));
    },
    drop({ minutesBefore, hoursBefore }) {
      minutes.drop(minutesBefore);
      hours.drop(hoursBefore);
    },
  };
}

function lineOf({ ownerId, keyId }: Pick<UsageRow, "ownerId" | "keyId">): string {
  return JSON.stringify([ownerId, keyId]);
}

/** True if a row is of the owner or key line, and at the level that is asked for: each key line, or all of an owner together. */
function isSelected(row: UsageRow, { from, to, ownerId, keyId, lines, by }: UsageSelection): boolean {
  if (row.start < from || row.start >= to) return false;
  if (!by.includes("tag") && row.tag !== null) return false;
  if (ownerId !== undefined && row.ownerId !== ownerId) return false;
  if (keyId !== undefined) return row.keyId === keyId;
  if (lines !== undefined) return row.keyId !== null;
  return by.includes("key") || row.ownerId === null ? row.keyId !== null : row.keyId === null;
}

/** True if a tag may be used. */
function claim(known: Map<string, number>, tag: string, { limit, now, idleBefore }: TagBounds): boolean {
  if (!known.has(tag) && known.size >= limit) {
    const idle = [...known].find(([, claimedAt]) => claimedAt < idleBefore);
    if (idle === undefined) return false;
    known.delete(idle[0]);
  }
  known.set(tag, now);
  return true;
}
