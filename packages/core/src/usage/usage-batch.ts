import { rangeOf } from "../alerts/address-range.ts";
import type { UsageBatch } from "../store/usage-store.ts";
import type { KeyUse, MinuteUsage, TagUse } from "./minute-usage.ts";
import {
  addToTally,
  emptyTally,
  type LastUse,
  type UsageCount,
  type UsageDimensions,
  type UsageTally,
} from "./usage.ts";

/** The maximum number of rows in one call, so that neither this process nor other writers wait long for it. */
const WRITTEN_TOGETHER = 1000;

/** Rows that are being added to: one for each minute and set of dimensions. */
export class UsageRows {
  readonly #rows = new Map<string, { -readonly [Name in keyof UsageCount]: UsageCount[Name] } & UsageTally>();

  get size(): number {
    return this.#rows.size;
  }

  add(
    { minute, ...row }: UsageDimensions & { readonly minute: number },
    counts: UsageTally | UsageCount,
  ): void {
    const { ownerId, keyId, tag } = row;
    const name = `${minute}\0${ownerId ?? ""}\0${keyId ?? ""}\0${tag ?? ""}`;
    let known = this.#rows.get(name);
    if (known === undefined) this.#rows.set(name, (known = { minute, ownerId, keyId, tag, ...emptyTally() }));
    addToTally(known, counts);
  }

  /** The rows so far, which are removed. */
  take(): readonly UsageCount[] {
    const rows = [...this.#rows.values()];
    this.#rows.clear();
    return rows;
  }
}

/** The usage of a minute that is not written yet, in batches. It is taken from the minute batch by batch. */
export function* batchesOf(minute: MinuteUsage): Generator<UsageBatch> {
  const rows = new UsageRows();
  let lastUses: LastUse[] = [];
  for (const use of minute.takeChanged()) {
    use.isChanged = false;
    addRows(rows, use, minute.startMs);
    if (use.lastUsedAt > Number.NEGATIVE_INFINITY) {
      lastUses.push(lastUseOf(use));
    }
    if (Math.max(rows.size, lastUses.length) < WRITTEN_TOGETHER) continue;
    yield { usage: rows.take(), lastUses };
    lastUses = [];
  }
  if (rows.size > 0 || lastUses.length > 0) yield { usage: rows.take(), lastUses };
}

/** The last use of a key, with its network unless that was passed to the store in this minute. */
function lastUseOf(use: KeyUse): LastUse {
  const { keyId, lastUsedAt: at, lastUsedAddress: address, notedAddress } = use;
  if (address === null || address === notedAddress) return { keyId, at, address };
  use.notedAddress = address;
  return { keyId, at, address, network: rangeOf(address) };
}

/** Batches of rows that are there already. */
export function* slicesOf<T>(items: Iterable<T>): Generator<readonly T[]> {
  let slice: T[] = [];
  for (const item of items) {
    if (slice.push(item) < WRITTEN_TOGETHER) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

/** Adds the rows of a key line and of its owner, under each tag and in all. */
function addRows(rows: UsageRows, { line }: KeyUse, minute: number): void {
  const { lineageId: keyId, ownerId = null, owner } = line;
  for (const tagUse of line.tags) {
    const counts = take(tagUse);
    if (counts === undefined) continue;
    const { tag, seconds, ownerSeconds } = tagUse;
    const add = (dimensions: UsageDimensions, busiestSecond = 0) =>
      rows.add({ minute, ...dimensions }, { ...counts, busiestSecond });
    add({ ownerId, keyId, tag: null }, line.seconds.busiest);
    if (owner !== undefined) add({ ownerId, keyId: null, tag: null }, owner.seconds.busiest);
    if (tag === undefined) continue;
    add({ ownerId, keyId, tag }, seconds?.busiest);
    if (owner !== undefined) add({ ownerId, keyId: null, tag }, ownerSeconds?.busiest);
  }
}

/** The counts under a tag, which begins again. `undefined` if there are none. */
function take(tagUse: TagUse): UsageTally | undefined {
  const { tally } = tagUse;
  if (tally.admitted === 0 && tally.cost === 0 && tally.refused === 0 && tally.observed === 0)
    return undefined;
  tagUse.tally = emptyTally();
  return tally;
}
