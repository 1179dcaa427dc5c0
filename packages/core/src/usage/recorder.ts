import { normalizeAddress } from "../addresses/normalize-address.ts";
import type { AdmissionRequest } from "../admission/request.ts";
import type { Clock } from "../clock.ts";
import type { PeriodCount } from "../limits/limiter.ts";
import type { Policy } from "../limits/limits.ts";
import type { Period } from "../limits/periods.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { CountStore } from "../store/count-store.ts";
import type { UsageBatch, UsageStore } from "../store/usage-store.ts";
import { DAY_MS, MINUTE_MS } from "../time.ts";
import {
  addRefused,
  addToTally,
  emptyTally,
  HOUR_MS,
  type LastUse,
  type UsageCount,
  type UsageTally,
} from "./usage.ts";

/** How long usage is gathered before it is written: a crash loses less than a second of it. */
const FLUSH_AFTER_MS = 500;

/** How precisely the last use of a key is known. Noting the address of each request would cost more than counting it. */
const LAST_USE_PRECISION_MS = 1000;

/** How long counts are kept after their period has ended, for clocks that are set back. */
const COUNTS_KEPT_MS = 2 * DAY_MS;

/** How many keys or counts are written in one call, so that neither this process nor other writers wait long for it. */
const WRITTEN_TOGETHER = 1000;

/** The current hour of a key, and its last use so far. */
interface LiveTally extends UsageTally {
  readonly keyId: string;
  /** `-Infinity` if it was not used. */
  lastUsedAt: number;
  lastUsedAddress: string | null;
}

/** An admitted request, as far as usage is concerned. */
interface AdmittedUse {
  /** `undefined` for an anonymous request, which is not recorded. */
  readonly key: { readonly id: string } | undefined;
  readonly cost: number;
  readonly atMs: number;
  /** Set where an outer mount has counted the request. */
  readonly earlier: object | undefined;
}

interface PendingCount {
  readonly subject: string;
  readonly period: Period;
  used: number;
}

export interface UsageRecorderOptions {
  readonly store: UsageStore & CountStore;
  readonly clock: Clock;
  /** How long usage is kept. */
  readonly keepMs: number;
  readonly failed: (error: unknown) => void;
}

/** Gathers usage and calendar counts, and writes them in batches. No timer runs while nothing is used. */
export class UsageRecorder {
  readonly #options: UsageRecorderOptions;
  /** The current hour of each key that was used since the last flush. */
  #current = new Map<string, LiveTally>();
  /** Hours that ended since, or that a failed flush returned, by hour and key. */
  #closed = new Map<string, UsageTally & { readonly keyId: string }>();
  /** Last uses of those, by key. */
  #lastUses = new Map<string, LastUse>();
  #counts = new Map<string, PendingCount>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  /** When the first count was recorded that is not stored, and not being written. */
  #unstoredSince: number | undefined;
  /** The same for the counts that are being written. */
  #writingSince: number | undefined;
  /** When old usage was last dropped. */
  #droppedAt = Number.NEGATIVE_INFINITY;

  constructor(options: UsageRecorderOptions) {
    this.#options = options;
  }

  /** Records an admitted request. `from` is asked for its address at intervals. */
  admitted(
    { key, cost, atMs, earlier }: AdmittedUse,
    observed: boolean,
    from: Pick<AdmissionRequest, "ip">,
  ): void {
    if (key === undefined) return;
    const tally = this.#tally(key.id, atMs);
    if (earlier === undefined) tally.admitted += 1;
    tally.cost += cost;
    if (observed) tally.observed += 1;
    if (atMs >= tally.lastUsedAt + LAST_USE_PRECISION_MS) {
      tally.lastUsedAt = atMs;
      tally.lastUsedAddress = normalizeAddress(from.ip) ?? null;
    }
  }

  /** Takes back an admitted request and its cost. */
  withdrawn({ key }: AdmittedUse, cost: number): void {
    if (key === undefined) return;
    const tally = this.#tally(key.id, this.#options.clock());
    tally.admitted -= 1;
    tally.cost -= cost;
  }

  /** Corrects the cost of an admitted request. */
  corrected({ key }: AdmittedUse, cost: number): void {
    if (key !== undefined) this.#tally(key.id, this.#options.clock()).cost += cost;
  }

  refused(keyId: string, now: number, violated: readonly Policy[]): void {
    const tally = this.#tally(keyId, now);
    tally.refused += 1;
    for (const policy of violated) addRefused(tally, policy, 1);
  }

  /** Adds to the count of a calendar period. */
  count(subject: string, period: Period, used: number): void {
    const name = `${period.quota} ${period.startMs} ${subject}`;
    const count = this.#counts.get(name);
    if (count === undefined) this.#counts.set(name, { subject, period, used });
    else count.used += used;
    this.#unstoredSince ??= this.#options.clock();
    this.#schedule();
  }

  /** Forgets the counts of a subject that are not stored yet. */
  forgetCounts(subject: string): void {
    for (const [name, count] of this.#counts) if (count.subject === subject) this.#counts.delete(name);
  }

  /** Whether all counts that were recorded more than a minute ago are stored. */
  isStored(): boolean {
    const since = this.#writingSince ?? this.#unstoredSince;
    return since === undefined || this.#options.clock() - since < MINUTE_MS;
  }

  /** Writes what was gathered. Resolves when it is stored; rejects, and keeps it, if the store fails. */
  async flush(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing.catch(() => {});
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#current.size === 0 && this.#closed.size === 0 && this.#counts.size === 0) return;
    this.#writingSince = this.#unstoredSince;
    this.#unstoredSince = undefined;
    this.#flushing = this.#write(this.#takeUsage(), this.#takeCounts());
    try {
      await this.#flushing;
    } catch (error) {
      this.#unstoredSince = this.#writingSince ?? this.#unstoredSince;
      throw error;
    } finally {
      this.#writingSince = undefined;
      this.#flushing = undefined;
    }
  }

  #tally(keyId: string, now: number): LiveTally {
    const known = this.#current.get(keyId);
    if (known !== undefined && now >= known.hour && now < known.hour + HOUR_MS) return known;
    if (known !== undefined) this.#close(known);
    const tally = {
      ...emptyTally(Math.floor(now / HOUR_MS) * HOUR_MS),
      keyId,
      lastUsedAt: Number.NEGATIVE_INFINITY,
      lastUsedAddress: null,
    };
    this.#current.set(keyId, tally);
    this.#schedule();
    return tally;
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch(this.#options.failed);
    }, FLUSH_AFTER_MS);
    this.#timer.unref();
  }

  /** Sets an hour aside, as one count with what is there of the same hour. */
  #close({ lastUsedAt, lastUsedAddress, ...tally }: LiveTally): void {
    this.#add(tally);
    if (lastUsedAt > Number.NEGATIVE_INFINITY) {
      this.#used({ keyId: tally.keyId, at: lastUsedAt, address: lastUsedAddress });
    }
  }

  #add(count: UsageCount): void {
    const name = `${count.hour} ${count.keyId}`;
    const tally = this.#closed.get(name);
    if (tally === undefined) this.#closed.set(name, { ...count, refusedBy: { ...count.refusedBy } });
    else addToTally(tally, count);
  }

  #used(use: LastUse): void {
    const known = this.#lastUses.get(use.keyId);
    if (known === undefined || use.at > known.at) this.#lastUses.set(use.keyId, use);
  }

  #takeUsage(): Iterable<UsageBatch> {
    const isSmall = this.#current.size + this.#closed.size <= WRITTEN_TOGETHER;
    if (isSmall) for (const tally of this.#current.values()) this.#close(tally);
    const [current, closed, lastUses] = [this.#current, this.#closed, this.#lastUses];
    this.#current = new Map();
    this.#closed = new Map();
    this.#lastUses = new Map();
    return isSmall
      ? batchOf([...closed.values()], [...lastUses.values()])
      : batchesOf(current.values(), closed.values(), lastUses.values());
  }

  #takeCounts(): PeriodCount[] {
    const counts = [...this.#counts.values()].filter(({ used }) => used !== 0);
    this.#counts = new Map();
    return counts;
  }

  /** Writes counts and usage, a part at a time. What fails is kept for the next flush, and so is what comes after it. */
  async #write(usage: Iterable<UsageBatch>, counts: readonly PeriodCount[]): Promise<void> {
    const { store } = this.#options;
    let failure: { readonly error: unknown } | undefined;
    const tryTo = async (write: () => MaybePromise<void>, keep: () => void) => {
      if (failure !== undefined) return keep();
      try {
        await write();
      } catch (error) {
        failure = { error };
        keep();
      }
    };
    for (const some of slicesOf(counts)) {
      await tryTo(
        () => store.addCounts(some),
        () => some.forEach(({ subject, period, used }) => this.count(subject, period, used)),
      );
    }
    for (const batch of usage) {
      await tryTo(
        () => store.addUsage(batch),
        () => this.#keep(batch),
      );
    }
    if (failure !== undefined) throw failure.error;
    await this.#dropOld();
  }

  /** Drops what was kept long enough, once an hour. If it fails nothing is lost: it is done again an hour later. */
  async #dropOld(): Promise<void> {
    const { store, clock, keepMs, failed } = this.#options;
    const now = clock();
    if (now < this.#droppedAt + HOUR_MS) return;
    this.#droppedAt = now;
    try {
      await store.dropUsage(now - keepMs);
      await store.dropCounts(now - COUNTS_KEPT_MS);
    } catch (error) {
      failed(error);
    }
  }

  /** Keeps what could not be written: one count per hour and key, so that an outage does not accumulate. */
  #keep({ usage, lastUses }: UsageBatch): void {
    for (const count of usage) this.#add(count);
    for (const use of lastUses) this.#used(use);
    this.#schedule();
  }
}

function* slicesOf<T>(items: Iterable<T>): Generator<T[]> {
  let slice: T[] = [];
  for (const item of items) {
    if (slice.push(item) < WRITTEN_TOGETHER) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

function batchOf(usage: readonly UsageCount[], lastUses: readonly LastUse[]): readonly UsageBatch[] {
  return usage.length > 0 || lastUses.length > 0 ? [{ usage, lastUses }] : [];
}

/** Batches of many keys. An ended hour can be of the same hour and key as a current one, so that they are never in one batch. */
function* batchesOf(
  current: Iterable<LiveTally>,
  closed: Iterable<UsageCount>,
  lastUses: Iterable<LastUse>,
): Generator<UsageBatch> {
  for (const usage of slicesOf(closed)) yield { usage, lastUses: [] };
  for (const uses of slicesOf(lastUses)) yield { usage: [], lastUses: uses };
  for (const tallies of slicesOf(current)) {
    const used = tallies.filter(({ lastUsedAt }) => lastUsedAt > Number.NEGATIVE_INFINITY);
    yield {
      usage: tallies.map(({ lastUsedAt: _at, lastUsedAddress: _address, ...tally }) => tally),
      lastUses: used.map(({ keyId, lastUsedAt: at, lastUsedAddress: address }) => ({ keyId, at, address })),
    };
  }
}
