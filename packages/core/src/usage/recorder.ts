import { normalizeAddress } from "../addresses/normalize-address.ts";
import type { Refusal } from "../admission/refusal.ts";
import type { AdmissionRequest } from "../admission/request.ts";
import type { Clock } from "../clock.ts";
import type { Period } from "../limits/periods.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import type { ClaimStore } from "../store/claim-store.ts";
import type { CountStore } from "../store/count-store.ts";
import type { UsageBatch, UsageStore } from "../store/usage-store.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";
import { countRefusal, MinuteUsage, type KeyUse, type UsedKey } from "./minute-usage.ts";
import { PendingCounts } from "./pending-counts.ts";
import { TagLimits } from "./tag-limits.ts";
import { batchesOf, slicesOf, UsageRows } from "./usage-batch.ts";
import type { LastUse, UsageCount } from "./usage.ts";

/** Interval at which usage is written. A crash loses less than a second of usage. */
const FLUSH_AFTER_MS = 500;

/** Time for which counts are kept after their period has ended, for clocks that are set back. */
const COUNTS_KEPT_MS = 2 * DAY_MS;

/** Time for which minutes are kept: today's and yesterday's, in any time zone. */
export const MINUTES_KEPT_MS = 3 * DAY_MS;

/** Time for which the networks that keys were used from are kept. */
export const NETWORKS_KEPT_MS = 30 * DAY_MS;

/** Time for which usage that cannot be written is kept by the minute. After that it is kept by the hour, so that an outage does not accumulate. */
const MINUTES_RETRIED_MS = 10 * MINUTE_MS;

/** An admitted request, as far as usage is concerned. */
export interface AdmittedUse {
  /** `undefined` for an anonymous request, which is not recorded. */
  readonly key: UsedKey | undefined;
  readonly cost: number;
  readonly atMs: number;
  /** Set where an outer mount has counted the request. */
  readonly earlier: AdmittedUse | undefined;
  /** The tag under which it was counted. */
  tag: string | undefined;
}

export interface UsageRecorderOptions {
  readonly store: UsageStore & CountStore & Pick<ClaimStore, "dropClaims">;
  readonly clock: Clock;
  /** Retention of usage. */
  readonly keepMs: number;
  readonly failed: (error: unknown) => void;
}

/** Gathers usage and calendar counts, and writes them in batches. No timer runs while nothing is used. */
export class UsageRecorder {
  readonly #options: UsageRecorderOptions;
  readonly #tagLimits: TagLimits;
  #minute: MinuteUsage;
  /** Minutes that ended, and may have something that is not written. */
  #ended: MinuteUsage[] = [];
  /** The rows that a failed flush returned. */
  readonly #kept = new UsageRows();
  readonly #keptUses = new Map<string, LastUse>();
  readonly #counts = new PendingCounts();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  /** Time of the first count that is neither stored nor being written. */
  #unstoredSince: number | undefined;
  /** The same for the counts that are being written. */
  #writingSince: number | undefined;
  /** Time at which old usage was last deleted. */
  #droppedAt = Number.NEGATIVE_INFINITY;

  constructor(options: UsageRecorderOptions) {
    this.#options = options;
    this.#tagLimits = new TagLimits(options.store);
    this.#minute = new MinuteUsage(options.clock());
  }

  /** Records an admitted request. `from` is asked for its address at intervals. */
  admitted(use: AdmittedUse, observed: boolean, from: Pick<AdmissionRequest, "ip" | "tag">): void {
    const { key, cost, atMs, earlier } = use;
    if (key === undefined) return;
    const { tag } = from;
    use.tag = tag;
    const keyUse = this.#keyUse(key, atMs);
    if (earlier !== undefined) this.#relabel(use, earlier);
    const tagUse = keyUse.tagUse(use.tag);
    const { tally } = tagUse;
    if (earlier === undefined) {
      tally.admitted += 1;
      keyUse.countSecond(tagUse, atMs);
    }
    tally.cost += cost;
    if (observed) tally.observed += 1;
    if (keyUse.isLaterUse(atMs)) {
      keyUse.lastUsedAt = atMs;
      keyUse.lastUsedAddress = normalizeAddress(from.ip) ?? null;
    }
  }

  /** Counts an admitted request under the tag of an inner mount, which charged nothing. */
  relabeled(use: AdmittedUse, tag: string | undefined): void {
    const { key } = use;
    if (key === undefined || tag === undefined || tag === use.tag) return;
    this.#move(use, tag);
  }

  /** Takes back an admitted request and its cost. */
  withdrawn({ key, tag }: AdmittedUse, cost: number): void {
    if (key === undefined) return;
    const { tally } = this.#keyUse(key, this.#options.clock()).tagUse(tag);
    tally.admitted -= 1;
    tally.cost -= cost;
  }

  /** Corrects the cost of an admitted request. */
  corrected({ key, tag }: AdmittedUse, cost: number): void {
    if (key !== undefined) this.#keyUse(key, this.#options.clock()).tagUse(tag).tally.cost += cost;
  }

  /** Records the refusal of a request that has a key. */
  refused(key: UsedKey, atMs: number, { code, violated = [] }: Refusal, tag: string | undefined): void {
    const keyUse = this.#keyUse(key, atMs);
    const tagUse = keyUse.tagUse(tag);
    countRefusal(tagUse.tally, code, violated);
    keyUse.countSecond(tagUse, atMs);
  }

  /** Adds to the count of a calendar period. */
  count(subject: string, period: Period, used: number): void {
    this.#counts.add(subject, period, used);
    this.#unstoredSince ??= this.#options.clock();
    this.#schedule();
  }

  /** Forgets the counts of a subject that are not stored yet. */
  forgetCounts(subject: string): void {
    this.#counts.forget(subject);
  }

  /** True if all counts that were recorded more than a minute ago are stored. */
  isStored(): boolean {
    const since = this.#writingSince ?? this.#unstoredSince;
    return since === undefined || this.#options.clock() - since < MINUTE_MS;
  }

  /** Writes what was gathered. Resolves when it is stored; rejects, and keeps it, if the store fails. */
  async flush(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing.catch(() => {});
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#hasUnwritten()) return;
    this.#writingSince = this.#unstoredSince;
    this.#unstoredSince = undefined;
    this.#flushing = this.#write();
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

  #hasUnwritten(): boolean {
    return (
      this.#minute.hasChanges ||
      this.#ended.length > 0 ||
      this.#kept.size > 0 ||
      this.#keptUses.size > 0 ||
      this.#counts.size > 0
    );
  }

  /** The use of a key in the minute of `atMs`, which is about to change. */
  #keyUse(key: UsedKey, atMs: number): KeyUse {
    if (atMs < this.#minute.startMs || atMs >= this.#minute.endMs) this.#startMinute(atMs);
    const use = this.#minute.keyUse(key);
    if (!use.isChanged) this.#change(use);
    return use;
  }

  #startMinute(atMs: number): void {
    if (this.#minute.hasChanges) this.#ended.push(this.#minute);
    this.#minute = new MinuteUsage(atMs);
  }

  #change(use: KeyUse): void {
    this.#minute.change(use);
    this.#schedule();
  }

  /** Gives the decision of an inner mount the tag of the outer one, or that one its own. */
  #relabel(use: AdmittedUse, earlier: AdmittedUse): void {
    if (use.tag === undefined) use.tag = earlier.tag;
    else if (use.tag !== earlier.tag) this.#move(earlier, use.tag);
  }

  #move(use: AdmittedUse, tag: string): void {
    const keyUse = this.#keyUse(use.key as UsedKey, use.atMs);
    const from = keyUse.line.tagUse(use.tag).tally;
    const to = keyUse.line.tagUse(tag);
    let cost = 0;
    for (let mount: AdmittedUse | undefined = use; mount !== undefined; mount = mount.earlier)
      cost += mount.cost;
    from.admitted -= 1;
    from.cost -= cost;
    to.tally.admitted += 1;
    to.tally.cost += cost;
    const second = Math.floor(use.atMs / SECOND_MS);
    to.seconds?.add(second);
    to.ownerSeconds?.add(second);
    use.tag = tag;
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch(this.#options.failed);
    }, FLUSH_AFTER_MS);
    this.#timer.unref();
  }

  /** Writes counts and usage, a part at a time. What fails is kept for the next flush, and so is what comes after it. */
  async #write(): Promise<void> {
    const { store, clock } = this.#options;
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
    for (const some of slicesOf(this.#counts.take())) {
      await tryTo(
        () => store.addCounts(some),
        () => some.forEach(({ subject, period, used }) => this.count(subject, period, used)),
      );
    }
    for (const batch of this.#takeUsage()) {
      await tryTo(
        async () =>
          store.addUsage({
            usage: await this.#tagLimits.apply(batch.usage, clock()),
            lastUses: batch.lastUses,
          }),
        () => this.#keep(batch),
      );
    }
    if (failure !== undefined) throw failure.error;
    await this.#dropOld();
  }

  *#takeUsage(): Generator<UsageBatch> {
    const lastUses = [...this.#keptUses.values()];
    this.#keptUses.clear();
    // Rows that the store refused before come first, so that no batch has two for the same minute.
    const kept = this.#kept.take();
    for (const usage of slicesOf(kept)) yield { usage, lastUses: [] };
    for (const uses of slicesOf(lastUses)) yield { usage: [], lastUses: uses };
    const ended = this.#ended;
    this.#ended = [];
    for (const minute of [...ended, this.#minute]) yield* batchesOf(minute);
  }

  /** Keeps what could not be written. */
  #keep({ usage, lastUses }: UsageBatch): void {
    const now = this.#options.clock();
    for (const row of usage) this.#kept.add({ ...dimensionsOf(row), minute: keptMinute(row, now) }, row);
    for (const use of lastUses) {
      const known = this.#keptUses.get(use.keyId);
      if (known !== undefined && use.at <= known.at) continue;
      this.#keptUses.set(use.keyId, { ...use, network: use.network ?? known?.network });
    }
    this.#schedule();
  }

  /** Drops what was kept long enough, once an hour. If it fails nothing is lost: it is done again an hour later. */
  async #dropOld(): Promise<void> {
    const { store, clock, keepMs, failed } = this.#options;
    const now = clock();
    if (now < this.#droppedAt + HOUR_MS) return;
    this.#droppedAt = now;
    try {
      await store.dropUsage({
        minutesBefore: now - MINUTES_KEPT_MS,
        hoursBefore: now - keepMs,
        networksBefore: now - NETWORKS_KEPT_MS,
      });
      await store.dropCounts(now - COUNTS_KEPT_MS);
      await store.dropClaims(now);
    } catch (error) {
      failed(error);
    }
  }
}

function dimensionsOf({ ownerId, keyId, tag }: UsageCount) {
  return { ownerId, keyId, tag };
}

function keptMinute({ minute }: UsageCount, now: number): number {
  return now - minute < MINUTES_RETRIED_MS ? minute : Math.floor(minute / HOUR_MS) * HOUR_MS;
}
