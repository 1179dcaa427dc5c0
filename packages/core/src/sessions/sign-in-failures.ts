import { clientOf } from "../addresses/client-address.ts";
import type { StoredAuditEvent } from "../audit/audit-event.ts";
import type { CreateAuditEvent } from "../audit/events.ts";
import type { Clock } from "../clock.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import { MINUTE_MS } from "../time.ts";
import type { SignInFailure } from "./sessions.ts";

/** The most events a minute. One of them is for all addresses beyond the others. */
const MAX_EVENTS_PER_MINUTE = 60;
const MAX_ADDRESSES_PER_MINUTE = MAX_EVENTS_PER_MINUTE - 1;

/** Failures that are not in the audit log yet. */
interface Tally {
  attempts: number;
  throttled: number;
}

/** The failures of one client, or of all clients without a separate event. */
interface Source extends Tally {
  readonly address: string | undefined;
  /** Time of its last event. */
  writtenAt: number;
}

export interface SignInFailuresOptions {
  readonly append: (event: StoredAuditEvent) => MaybePromise<void>;
  readonly auditEvent: CreateAuditEvent;
  readonly clock: Clock;
  readonly failed: (error: unknown) => void;
}

/**
 * Writes failed sign-ins to the audit log. The first failure of an address is written at once; those of the following minute are counted,
 * and written together when it is over. A flood from many addresses is one event a minute beyond the first 59. What is kept is bounded too.
 */
export class SignInFailures {
  readonly #options: SignInFailuresOptions;
  /** Clients with an event within the last minute, or failures to write. */
  readonly #clients = new Map<string, Source>();
  readonly #others: Source = { address: undefined, attempts: 0, throttled: 0, writtenAt: -Infinity };
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SignInFailuresOptions) {
    this.#options = options;
  }

  async record({ address, throttled = false }: SignInFailure): Promise<void> {
    const now = this.#options.clock();
    const source = this.#sourceOf(address ?? "", now);
    source.attempts += 1;
    if (throttled) source.throttled += 1;
    if (isMinuteOver(source, now)) await this.#write(source, now);
    if (this.#isPending()) this.#schedule();
  }

  /** Writes what is due: failures of sources whose last event is a minute old. */
  async writeDue(): Promise<void> {
    const now = this.#options.clock();
    for (const [client, source] of this.#clients) {
      if (!isMinuteOver(source, now)) continue;
      if (source.attempts === 0) this.#clients.delete(client);
      else await this.#write(source, now);
    }
    if (this.#others.attempts > 0 && isMinuteOver(this.#others, now)) await this.#write(this.#others, now);
    if (this.#isPending()) this.#schedule();
  }

  /** Writes the rest. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const now = this.#options.clock();
    for (const source of [...this.#clients.values(), this.#others]) {
      if (source.attempts > 0) await this.#write(source, now);
    }
    clearTimeout(this.#timer);
  }

  /** The source that counts for an address. A client without one gets its own while there is room in this minute. */
  #sourceOf(address: string, now: number): Source {
    const client = clientOf(address) ?? "unknown";
    const known = this.#clients.get(client);
    if (known !== undefined) return known;
    if (this.#clients.size >= MAX_ADDRESSES_PER_MINUTE) this.#forgetOld(now);
    if (this.#clients.size >= MAX_ADDRESSES_PER_MINUTE) return this.#others;
    const source: Source = {
      address: address === "" ? undefined : address,
      attempts: 0,
      throttled: 0,
      writtenAt: -Infinity,
    };
    this.#clients.set(client, source);
    return source;
  }

  #forgetOld(now: number): void {
    for (const [client, source] of this.#clients) {
      if (source.attempts === 0 && isMinuteOver(source, now)) this.#clients.delete(client);
    }
  }

  async #write(source: Source, now: number): Promise<void> {
    const { append, auditEvent, failed } = this.#options;
    const { address, attempts, throttled } = source;
    Object.assign(source, { attempts: 0, throttled: 0, writtenAt: now });
    const details = { attempts, throttled, ...(source === this.#others && { otherAddresses: true }) };
    try {
      await append(auditEvent("sign-in.failed", {}, { actor: "anonymous", address }, details));
    } catch (error) {
      source.attempts += attempts;
      source.throttled += throttled;
      failed(error);
    }
  }

  #isPending(): boolean {
    return this.#others.attempts > 0 || [...this.#clients.values()].some(({ attempts }) => attempts > 0);
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

/** True if a source may have another event. It may if the clock was set back, too. */
function isMinuteOver({ writtenAt }: Source, now: number): boolean {
  return now < writtenAt || now >= writtenAt + MINUTE_MS;
}
