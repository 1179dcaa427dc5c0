import { clientOf } from "../addresses/client-address.ts";
import type { Clock } from "../clock.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import { MINUTE_MS } from "../time.ts";
import type { StoredAuditEvent } from "./audit-event.ts";

/** The most events a minute. One of them is for all addresses beyond the others. */
const MAX_EVENTS_PER_MINUTE = 60;
const MAX_SOURCES = MAX_EVENTS_PER_MINUTE - 1;

/** Occurrences that are combined into one event. */
export interface CombinedOccurrences<T> {
  /** Address of the first occurrence. `undefined` if it is unknown, or if these are of several sources. */
  readonly address: string | undefined;
  readonly occurrences: T;
  /** True if these occurrences are of the addresses without a separate event. */
  readonly areOthers: boolean;
}

export interface CombinedEventsOptions<T> {
  readonly append: (event: StoredAuditEvent) => MaybePromise<void>;
  readonly clock: Clock;
  readonly failed: (error: unknown) => void;
  readonly merge: (earlier: T, later: T) => T;
  readonly toEvent: (combined: CombinedOccurrences<T>) => StoredAuditEvent;
}

/** One client or principal, or all without a separate event. */
interface Source<T> {
  readonly address: string | undefined;
  /** Occurrences that are not in the audit log yet. */
  pending: T | undefined;
  /** Time of its last event. */
  writtenAt: number;
}

/**
 * Writes frequent occurrences of one kind to the audit log, such as failed sign-ins. The first of an address is written at once. Those of
 * the following minute are combined, and written when it is over. A flood from many addresses is one event a minute beyond the first 59.
 * What is kept is bounded too.
 */
export class CombinedEvents<T> {
  readonly #options: CombinedEventsOptions<T>;
  /** Sources with an event within the last minute, or occurrences to write. */
  readonly #sources = new Map<string, Source<T>>();
  readonly #others: Source<T> = sourceOf(undefined);
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CombinedEventsOptions<T>) {
    this.#options = options;
  }

  /** Records an occurrence. Those without a known address are combined by `name`. Never rejects because of the store. */
  async record(address: string | undefined, occurrence: T, name = "unknown"): Promise<void> {
    const now = this.#options.clock();
    const source = this.#sourceOf(address ?? "", name, now);
    this.#add(source, occurrence);
    if (isMinuteOver(source, now)) await this.#write(source, now);
    if (this.#isPending()) this.#schedule();
  }

  /** Writes what is due: occurrences of sources whose last event is a minute old. */
  async writeDue(): Promise<void> {
    const now = this.#options.clock();
    for (const [id, source] of this.#sources) {
      if (!isMinuteOver(source, now)) continue;
      if (source.pending === undefined) this.#sources.delete(id);
      else await this.#write(source, now);
    }
    if (isMinuteOver(this.#others, now)) await this.#write(this.#others, now);
    if (this.#isPending()) this.#schedule();
  }

  /** Writes the rest. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const now = this.#options.clock();
    for (const source of [...this.#sources.values(), this.#others]) await this.#write(source, now);
    clearTimeout(this.#timer);
  }

  /** The source that counts for an address or name. One without a source gets its own while there is room in this minute. */
  #sourceOf(address: string, name: string, now: number): Source<T> {
    const id = clientOf(address) ?? ` ${name}`;
    const known = this.#sources.get(id);
    if (known !== undefined) return known;
    if (this.#sources.size >= MAX_SOURCES) this.#forgetOld(now);
    if (this.#sources.size >= MAX_SOURCES) return this.#others;
    const source = sourceOf<T>(address === "" ? undefined : address);
    this.#sources.set(id, source);
    return source;
  }

  #forgetOld(now: number): void {
    for (const [id, source] of this.#sources) {
      if (source.pending === undefined && isMinuteOver(source, now)) this.#sources.delete(id);
    }
  }

  #add(source: Source<T>, occurrences: T): void {
    const { pending } = source;
    source.pending = pending === undefined ? occurrences : this.#options.merge(pending, occurrences);
  }

  async #write(source: Source<T>, now: number): Promise<void> {
    const { append, toEvent, failed, merge } = this.#options;
    const { address, pending: occurrences } = source;
    if (occurrences === undefined) return;
    source.pending = undefined;
    source.writtenAt = now;
    try {
      await append(toEvent({ address, occurrences, areOthers: source === this.#others }));
    } catch (error) {
      const { pending } = source;
      source.pending = pending === undefined ? occurrences : merge(occurrences, pending);
      failed(error);
    }
  }

  #isPending(): boolean {
    return [this.#others, ...this.#sources.values()].some(({ pending }) => pending !== undefined);
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.writeDue();
    }, MINUTE_MS);
    this.#timer.unref();
  }
}

function sourceOf<T>(address: string | undefined): Source<T> {
  return { address, pending: undefined, writtenAt: Number.NEGATIVE_INFINITY };
}

/** True if a source may have another event. It may if the clock was set back, too. */
function isMinuteOver({ writtenAt }: Source<unknown>, now: number): boolean {
  return now < writtenAt || now >= writtenAt + MINUTE_MS;
}
