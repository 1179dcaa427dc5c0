import { HOUR_MS } from "../time.ts";
import {
  addToTally,
  emptyTally,
  type NetworkUse,
  type UsageCount,
  type UsageDimensions,
  type UsageRow,
  type UsageSelection,
  type UsageTally,
} from "../usage/usage.ts";
import { MAX_NETWORKS, type TagBounds, type UsageAge, type UsageStore } from "./usage-store.ts";

type Row = UsageRow & UsageTally;

/** Usage in memory, for `memoryStore()`. */
export interface MemoryUsage {
  add(counts: readonly UsageCount[]): void;
  query(selection: UsageSelection): readonly UsageRow[];
  addNetwork(keyId: string, use: NetworkUse): void;
  /** The networks of keys that were used since a time, the most recently used first. */
  networksOf(keyIds: readonly string[], since: number): readonly NetworkUse[];
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
  const networks = new Map<string, Map<string, number>>();
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
    addNetwork(keyId, { network, at }) {
      const known = networks.get(keyId) ?? new Map<string, number>();
      networks.set(keyId, known);
      if (known.has(network) || known.size < MAX_NETWORKS)
        known.set(network, Math.max(at, known.get(network) ?? 0));
    },
    networksOf(keyIds, since) {
      const latest = new Map<string, number>();
      for (const [network, at] of keyIds.flatMap((keyId) => [...(networks.get(keyId) ?? [])])) {
        if (at >= since) latest.set(network, Math.max(at, latest.get(network) ?? 0));
      }
      const uses = [...latest].map(([network, at]) => ({ network, at }));
      return uses.toSorted((a, b) => b.at - a.at).slice(0, MAX_NETWORKS);
    },
    drop({ minutesBefore, hoursBefore, networksBefore }) {
      for (const known of networks.values()) {
        for (const [network, at] of known) if (at < networksBefore) known.delete(network);
      }
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
