import type { AdmissionRequest } from "../admission/request.ts";
import type { Clock } from "../clock.ts";
import { normalizeAddress } from "../http/address.ts";
import type { KeyStore, UsageBatch } from "../keys/store.ts";
import type { DailyJournal } from "../limits/limiter.ts";
import type { Policy } from "../limits/limits.ts";
import { addToTally, emptyTally, HOUR_MS, type LastUse, type UsageCount, type UsageTally } from "./usage.ts";

/** How long use is gathered before it is written: what kill -9 may lose is below one second. */
const FLUSH_AFTER_MS = 500;

/** How precisely a key's last use is known. To ask each request where it came from would cost more than to count it. */
const LAST_USE_PRECISION_MS = 1000;

/** The current hour of a key, and its last use so far. */
interface LiveTally extends UsageTally {
  readonly keyId: string;
  /** `-Infinity` if it was not used. */
  lastUsedAt: number;
  lastUsedAddress: string | null;
}

export interface UsageRecorderOptions {
  readonly store: KeyStore;
  readonly clock: Clock;
  /** For how long usage is kept. */
  readonly keepMs: number;
  readonly failed: (error: unknown) => void;
}

/** Gathers what requests did, and writes it in batches. Nothing runs while nothing is used. */
export class UsageRecorder {
  readonly #options: UsageRecorderOptions;
  /** The current hour of each key that was used since the last flush. */
  #current = new Map<string, LiveTally>();
  /** Hours that ended since, or that a failed flush gave back, by hour and key. */
  #closed = new Map<string, UsageTally & { readonly keyId: string }>();
  /** Last uses of those, by key. */
  #lastUses = new Map<string, LastUse>();
  #daily = new Map<string, { subject: string; day: number; used: number }>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  /** When what is too old was last dropped. */
  #droppedAt = Number.NEGATIVE_INFINITY;

  constructor(options: UsageRecorderOptions) {
    this.#options = options;
  }

  /** `requests` is 0 where only a cost is added. `from` is asked for its address now and then. */
  admitted(
    keyId: string,
    now: number,
    cost: number,
    requests: 0 | 1,
    observed: boolean,
    from: Pick<AdmissionRequest, "ip">,
  ): void {
    const tally = this.#tally(keyId, now);
    tally.admitted += requests;
    tally.cost += cost;
    if (observed) tally.observed += 1;
    if (now >= tally.lastUsedAt + LAST_USE_PRECISION_MS) {
      tally.lastUsedAt = now;
      tally.lastUsedAddress = normalizeAddress(from.ip) ?? null;
    }
  }

  /** Takes back an admitted request. */
  withdrawn(keyId: string, now: number, cost: number): void {
    const tally = this.#tally(keyId, now);
    tally.admitted -= 1;
    tally.cost -= cost;
  }

  refused(keyId: string, now: number, violated: readonly Policy[]): void {
    const tally = this.#tally(keyId, now);
    tally.refused += 1;
    for (const policy of violated) {
      if (policy === "sustained") tally.refusedSustained += 1;
      else if (policy === "burst") tally.refusedBurst += 1;
      else tally.refusedDaily += 1;
    }
  }

  /** For limiters that keep the day's counts in this process. */
  readonly journal: DailyJournal = (subject, day, cost) => {
    const name = `${day} ${subject}`;
    const count = this.#daily.get(name);
    if (count === undefined) this.#daily.set(name, { subject, day, used: cost });
    else count.used += cost;
    this.#schedule();
  };

  /** Writes what was gathered. Resolves when it is stored; rejects, and keeps it, if the store fails. */
  async flush(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing.catch(() => {});
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#current.size === 0 && this.#closed.size === 0 && this.#daily.size === 0) return;
    const batch = this.#take();
    this.#flushing = this.#write(batch);
    try {
      await this.#flushing;
    } finally {
      this.#flushing = undefined;
    }
  }

  #tally(keyId: string, now: number): LiveTally {
    const known = this.#current.get(keyId);
    if (known !== undefined && now >= known.hour && now < known.hour + HOUR_MS) return known;
    if (known !== undefined) this.#put(known);
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
  #put({ lastUsedAt, lastUsedAddress, ...tally }: LiveTally): void {
    this.#add(tally);
    if (lastUsedAt > Number.NEGATIVE_INFINITY)
      this.#used({ keyId: tally.keyId, at: lastUsedAt, address: lastUsedAddress });
  }

  #add(count: UsageCount): void {
    const name = `${count.hour} ${count.keyId}`;
    const tally = this.#closed.get(name);
    if (tally === undefined) this.#closed.set(name, { ...count });
    else addToTally(tally, count);
  }

  #used(use: LastUse): void {
    const known = this.#lastUses.get(use.keyId);
    if (known === undefined || use.at > known.at) this.#lastUses.set(use.keyId, use);
  }

  #take(): UsageBatch {
    for (const tally of this.#current.values()) this.#put(tally);
    const batch = {
      usage: [...this.#closed.values()],
      lastUses: [...this.#lastUses.values()],
      daily: [...this.#daily.values()],
    };
    this.#current = new Map();
    this.#closed = new Map();
    this.#lastUses = new Map();
    this.#daily = new Map();
    return batch;
  }

  async #write(batch: UsageBatch): Promise<void> {
    try {
      await this.#options.store.addUsage(batch);
    } catch (error) {
      this.#giveBack(batch);
      throw error;
    }
    await this.#dropOld();
  }

  /** Drops what was kept long enough, once an hour. That it fails loses nothing: it is done again an hour later. */
  async #dropOld(): Promise<void> {
    const { store, clock, keepMs, failed } = this.#options;
    const now = clock();
    if (now < this.#droppedAt + HOUR_MS) return;
    this.#droppedAt = now;
    try {
      await store.dropUsage(now - keepMs);
    } catch (error) {
      failed(error);
    }
  }

  /** Puts back what could not be written: one count an hour and key, so that an outage does not pile up. */
  #giveBack({ usage, lastUses, daily }: UsageBatch): void {
    for (const count of usage) this.#add(count);
    for (const use of lastUses) this.#used(use);
    for (const { subject, day, used } of daily) this.journal(subject, day, used);
    this.#schedule();
  }
}
