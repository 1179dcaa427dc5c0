import type { KeyStore, UsageBatch } from "../keys/store.ts";
import type { DailyCount, DailyJournal } from "../limits/limiter.ts";
import type { Policy } from "../limits/limits.ts";
import { addToTally, emptyTally, HOUR_MS, type UsageTally } from "./usage.ts";

/** How long use is gathered before it is written: what kill -9 may lose is below one second. */
const FLUSH_AFTER_MS = 500;

/** Gathers what requests did, and writes it in batches. Nothing runs while nothing is used. */
export class UsageRecorder {
  readonly #store: KeyStore;
  readonly #failed: (error: unknown) => void;
  /** The current hour of each key that was used since the last flush. */
  #current = new Map<string, UsageTally>();
  /** Hours that ended since, or that a failed flush gave back. */
  #closed: UsageTally[] = [];
  #daily = new Map<string, { subject: string; day: number; used: number }>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(store: KeyStore, failed: (error: unknown) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  /** `requests` is 0 where only a cost is added, and -1 where a request is taken back. */
  admitted(keyId: string, now: number, cost: number, requests: -1 | 0 | 1, observed: boolean): void {
    const tally = this.#tally(keyId, now);
    tally.admitted += requests;
    tally.cost += cost;
    if (observed) tally.observed += 1;
    if (requests >= 0 && now > tally.lastUsedAt) tally.lastUsedAt = now;
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
    if (this.#current.size === 0 && this.#closed.length === 0 && this.#daily.size === 0) return;
    const batch = this.#take();
    this.#flushing = this.#write(batch);
    try {
      await this.#flushing;
    } finally {
      this.#flushing = undefined;
    }
  }

  #tally(keyId: string, now: number): UsageTally {
    const known = this.#current.get(keyId);
    if (known !== undefined && now >= known.hour && now < known.hour + HOUR_MS) return known;
    if (known !== undefined) this.#closed.push(known);
    const tally = emptyTally(keyId, Math.floor(now / HOUR_MS) * HOUR_MS);
    this.#current.set(keyId, tally);
    this.#schedule();
    return tally;
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch(this.#failed);
    }, FLUSH_AFTER_MS);
    this.#timer.unref();
  }

  #take(): UsageBatch {
    const batch = { usage: [...this.#closed, ...this.#current.values()], daily: [...this.#daily.values()] };
    this.#current = new Map();
    this.#closed = [];
    this.#daily = new Map();
    return batch;
  }

  async #write(batch: UsageBatch): Promise<void> {
    try {
      await this.#store.addUsage(batch);
    } catch (error) {
      this.#giveBack(batch);
      throw error;
    }
  }

  /** Puts back what could not be written, one tally an hour and key so that an outage does not pile up. */
  #giveBack(batch: UsageBatch): void {
    const byHour = new Map(this.#closed.map((tally) => [`${tally.hour} ${tally.keyId}`, tally]));
    for (const count of batch.usage) {
      const name = `${count.hour} ${count.keyId}`;
      const tally = byHour.get(name);
      if (tally === undefined) byHour.set(name, { ...count });
      else addToTally(tally, count);
    }
    this.#closed = [...byHour.values()];
    for (const { subject, day, used } of batch.daily as readonly DailyCount[])
      this.journal(subject, day, used);
    this.#schedule();
  }
}
