import type { CountStore } from "../store/count-store.ts";
import type { UsageRecorder } from "../usage/recorder.ts";
import type { CountJournal, PeriodCount } from "./limiter.ts";
import type { Period } from "./periods.ts";

/** Time that a decision waits for stored counts. Afterwards it is made on the counts of this process. */
const WAIT_MS = 100;

/** Delay before the counts are read again after a failure. */
const RETRY_AFTER_MS = 1000;

/** The number of subjects read in one call. */
const READ_TOGETHER = 500;

type Counts = readonly PeriodCount[];

/** A subject whose stored counts are being read. */
interface Reading {
  readonly subject: string;
  /** Counts made in the meantime. It is recorded afterwards, so that it is not read again. */
  readonly held: [Period, number][];
  /** Takes the counts while a decision waits for them. */
  waiting: ((counts: Counts) => void) | undefined;
  /** Takes the counts when none waits any longer. */
  late: (counts: Counts) => void;
  /** Set when the stored counts were deleted in the meantime. */
  isReset: boolean;
}

export interface StoredCountsOptions {
  readonly store: CountStore;
  readonly recorder: UsageRecorder;
  readonly clock: () => number;
  readonly failed: (error: unknown) => void;
}

/**
 * Keeps the calendar counts of a limiter in a durable store. Each subject is read once, when it is first used in this process; reads of
 * one turn of the event loop travel together. What is counted before a subject was read is held back, so that it is not read again.
 */
export class StoredCounts implements CountJournal {
  readonly #options: StoredCountsOptions;
  /** Subjects that are not read yet. */
  readonly #readings = new Map<string, Reading>();
  #waiting: Reading[] = [];
  readonly #failed: Reading[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: StoredCountsOptions) {
    this.#options = options;
  }

  record(subject: string, period: Period, cost: number): void {
    const reading = this.#readings.get(subject);
    if (reading === undefined) this.#options.recorder.count(subject, period, cost);
    else reading.held.push([period, cost]);
  }

  read(subject: string, late: (counts: Counts) => void): Promise<Counts | undefined> {
    // A subject that was evicted before it was read is not read twice: its counts would be added twice.
    const reading = this.#readings.get(subject) ?? this.#startReading(subject, late);
    reading.late = late;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        reading.waiting = undefined;
        resolve(undefined);
      }, WAIT_MS);
      reading.waiting = (counts) => {
        clearTimeout(timer);
        resolve(counts);
      };
    });
  }

  async reset(subject: string): Promise<void> {
    const { recorder, store } = this.#options;
    // Counts that are being written would be stored after they were deleted.
    await recorder.flush();
    await store.deleteCounts(subject);
    this.discard(subject);
  }

  /** Discards what is not stored of a subject, and what is being read. Called after its stored counts were deleted. */
  discard(subject: string): void {
    this.#options.recorder.forgetCounts(subject);
    const reading = this.#readings.get(subject);
    if (reading === undefined) return;
    reading.held.splice(0);
    reading.isReset = true;
  }

  isStored(subject: string): boolean {
    return !this.#readings.has(subject) && this.#options.recorder.isStored();
  }

  /** Stops reading. Counts that are held back are recorded. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const reading of this.#readings.values()) this.#release(reading);
  }

  #startReading(subject: string, late: Reading["late"]): Reading {
    const reading: Reading = { subject, held: [], waiting: undefined, late, isReset: false };
    this.#readings.set(subject, reading);
    this.#enqueue(reading);
    return reading;
  }

  #finish(reading: Reading, stored: Counts): void {
    if (this.#isClosed) return;
    const counts = reading.isReset ? [] : stored;
    if (reading.waiting === undefined) reading.late(counts);
    else reading.waiting(counts);
    this.#release(reading);
  }

  #release({ subject, held }: Reading): void {
    this.#readings.delete(subject);
    for (const [period, cost] of held) this.#options.recorder.count(subject, period, cost);
  }

  #enqueue(reading: Reading): void {
    if (this.#waiting.push(reading) === 1) setImmediate(this.#readWaiting);
  }

  readonly #readWaiting = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < waiting.length; from += READ_TOGETHER) {
      void this.#readTogether(waiting.slice(from, from + READ_TOGETHER));
    }
  };

  async #readTogether(readings: readonly Reading[]): Promise<void> {
    const { store, clock, failed } = this.#options;
    if (this.#isClosed) return;
    try {
      const subjects = readings.map(({ subject }) => subject);
      const counts = bySubject(await store.readCounts(subjects, clock()));
      for (const reading of readings) this.#finish(reading, counts.get(reading.subject) ?? []);
    } catch (error) {
      // Once for all reads that are tried again together.
      if (this.#timer === undefined) failed(error);
      this.#retryLater(readings);
    }
  }

  #retryLater(readings: readonly Reading[]): void {
    this.#failed.push(...readings);
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const reading of this.#failed.splice(0)) this.#enqueue(reading);
    }, RETRY_AFTER_MS);
    this.#timer.unref();
  }
}

function bySubject(counts: Counts): ReadonlyMap<string, Counts> {
  const grouped = new Map<string, PeriodCount[]>();
  for (const count of counts) {
    const existing = grouped.get(count.subject);
    if (existing === undefined) grouped.set(count.subject, [count]);
    else existing.push(count);
  }
  return grouped;
}
