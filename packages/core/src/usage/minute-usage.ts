import type { ProblemCode } from "../admission/refusals.ts";
import type { Policy } from "../limits/limits.ts";
import { MINUTE_MS, SECOND_MS } from "../time.ts";
import { MAX_TAGS, OTHER_TAG, toTag } from "./tag.ts";
import { emptyTally, type UsageTally } from "./usage.ts";

/** Precision of the last use of a key. Noting the address of each request would cost more than counting it. */
const LAST_USE_PRECISION_MS = 1000;

/** The key of a request, as far as usage is concerned. */
export interface UsedKey {
  readonly id: string;
  readonly lineageId: string;
  readonly ownerId?: string | undefined;
}

/** Counts the requests of each second of a minute, and keeps the most. */
class SecondCounter {
  #second = -1;
  #count = 0;
  busiest = 0;

  add(second: number): void {
    if (second === this.#second) this.#count += 1;
    else {
      this.#second = second;
      this.#count = 1;
    }
    if (this.#count > this.busiest) this.busiest = this.#count;
  }
}

/** Usage of one key line under one tag. */
export interface TagUse {
  /** `undefined` for requests without a tag. */
  readonly tag: string | undefined;
  /** Usage that is not written yet. */
  tally: UsageTally;
  /** Of the key line and of its owner under this tag. `undefined` for requests without a tag. */
  readonly seconds: SecondCounter | undefined;
  readonly ownerSeconds: SecondCounter | undefined;
}

interface OwnerUse {
  readonly seconds: SecondCounter;
  readonly byTag: Map<string, SecondCounter>;
}

/** Usage of one key line. */
export class LineUse {
  readonly lineageId: string;
  readonly ownerId: string | undefined;
  readonly owner: OwnerUse | undefined;
  readonly seconds = new SecondCounter();
  /** By the tag as it was passed. Several of them can be counted as one. */
  readonly #byText = new Map<unknown, TagUse>();
  readonly #byTag = new Map<string | undefined, TagUse>();

  constructor({ lineageId, ownerId }: UsedKey, owner: OwnerUse | undefined) {
    this.lineageId = lineageId;
    this.ownerId = ownerId;
    this.owner = owner;
  }

  /** Those of all tags. */
  get tags(): Iterable<TagUse> {
    return this.#byTag.values();
  }

  tagUse(text: string | undefined): TagUse {
    return this.#byText.get(text) ?? this.#find(text);
  }

  #find(text: string | undefined): TagUse {
    const wanted = toTag(text);
    const tag = wanted === undefined || this.#accepts(wanted) ? wanted : OTHER_TAG;
    let use = this.#byTag.get(tag);
    if (use === undefined) this.#byTag.set(tag, (use = this.#create(tag)));
    // Bounded too: texts that are over the limit are found by their tag.
    if (this.#byText.size <= MAX_TAGS) this.#byText.set(text, use);
    return use;
  }

  #accepts(tag: string): boolean {
    if (this.owner !== undefined) return this.owner.byTag.has(tag) || this.owner.byTag.size < MAX_TAGS;
    // Besides tags, it has an entry for requests without one.
    return this.#byTag.has(tag) || this.#byTag.size <= MAX_TAGS;
  }

  #create(tag: string | undefined): TagUse {
    if (tag === undefined) return { tag, tally: emptyTally(), seconds: undefined, ownerSeconds: undefined };
    return { tag, tally: emptyTally(), seconds: new SecondCounter(), ownerSeconds: this.#ownerSeconds(tag) };
  }

  #ownerSeconds(tag: string): SecondCounter | undefined {
    if (this.owner === undefined) return undefined;
    const { byTag } = this.owner;
    const seconds = byTag.get(tag) ?? new SecondCounter();
    byTag.set(tag, seconds);
    return seconds;
  }
}

/** The use of one key. */
export class KeyUse {
  readonly keyId: string;
  readonly line: LineUse;
  /** `-Infinity` if it was not used. */
  lastUsedAt = Number.NEGATIVE_INFINITY;
  lastUsedAddress: string | null = null;
  /** The address whose network was passed to the store. */
  notedAddress: string | null = null;
  /** True if there is usage to write. */
  isChanged = false;
  #text: string | undefined;
  #tagUse: TagUse;

  constructor(keyId: string, line: LineUse) {
    this.keyId = keyId;
    this.line = line;
    this.#tagUse = line.tagUse(undefined);
  }

  /** Of the tag as it was passed. Most requests of a key have the tag of the one before. */
  tagUse(text: string | undefined): TagUse {
    if (text === this.#text) return this.#tagUse;
    this.#text = text;
    this.#tagUse = this.line.tagUse(text);
    return this.#tagUse;
  }

  /** Counts a request, admitted or refused, in its second. */
  countSecond(tagUse: TagUse, atMs: number): void {
    const second = Math.floor(atMs / SECOND_MS);
    const { line } = this;
    line.seconds.add(second);
    if (line.owner !== undefined) line.owner.seconds.add(second);
    if (tagUse.seconds === undefined) return;
    tagUse.seconds.add(second);
    tagUse.ownerSeconds?.add(second);
  }

  /** True if the address of a request at this time has to be noted. */
  isLaterUse(atMs: number): boolean {
    return atMs >= this.lastUsedAt + LAST_USE_PRECISION_MS;
  }
}

/** Adds a refused request. */
export function countRefusal(tally: UsageTally, code: ProblemCode, violated: readonly Policy[]): void {
  tally.refused += 1;
  tally.refusedWith[code] = (tally.refusedWith[code] ?? 0) + 1;
  for (const policy of violated) tally.refusedBy[policy] = (tally.refusedBy[policy] ?? 0) + 1;
}

/** Usage of all keys in one minute. It is kept until the minute is over, because a second can have several flushes. */
export class MinuteUsage {
  readonly startMs: number;
  readonly endMs: number;
  readonly #keys = new Map<string, KeyUse>();
  readonly #lines = new Map<string, LineUse>();
  readonly #owners = new Map<string, OwnerUse>();
  #changed: KeyUse[] = [];

  constructor(atMs: number) {
    this.startMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    this.endMs = this.startMs + MINUTE_MS;
  }

  get hasChanges(): boolean {
    return this.#changed.length > 0;
  }

  keyUse(key: UsedKey): KeyUse {
    return this.#keys.get(key.id) ?? this.#addKey(key);
  }

  change(use: KeyUse): void {
    use.isChanged = true;
    this.#changed.push(use);
  }

  /** The keys that were used since the last call. */
  takeChanged(): readonly KeyUse[] {
    const changed = this.#changed;
    this.#changed = [];
    return changed;
  }

  #addKey(key: UsedKey): KeyUse {
    const use = new KeyUse(key.id, this.#lineOf(key));
    this.#keys.set(key.id, use);
    return use;
  }

  #lineOf(key: UsedKey): LineUse {
    const known = this.#lines.get(key.lineageId);
    if (known !== undefined) return known;
    const line = new LineUse(key, key.ownerId === undefined ? undefined : this.#ownerOf(key.ownerId));
    this.#lines.set(key.lineageId, line);
    return line;
  }

  #ownerOf(ownerId: string): OwnerUse {
    const known = this.#owners.get(ownerId);
    if (known !== undefined) return known;
    const owner = { seconds: new SecondCounter(), byTag: new Map<string, SecondCounter>() };
    this.#owners.set(ownerId, owner);
    return owner;
  }
}
