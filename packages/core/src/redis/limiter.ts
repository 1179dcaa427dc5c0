import { decide } from "../limits/algorithm.ts";
import { LRUCache } from "lru-cache";
import type {
  KeyChanges,
  Limiter,
  LimiterStatus,
  LimiterStatusChange,
  LimitResult,
} from "../limits/limiter.ts";
import type { Limits } from "../limits/limits.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import { Availability } from "./availability.ts";
import { Batch } from "./batch.ts";
import { Call } from "./call.ts";
import { redisChanges } from "./changes.ts";
import { connect } from "./client.ts";
import type { RedisConnection } from "./connection.ts";
import { warnOfEviction } from "./eviction.ts";
import { admitAll, LocalFallback, refuseAll, type AdmittedCount, type Fallback } from "./fallback.ts";
import { resolveRedisOptions, type RedisLimiterOptions, type ResolvedRedisOptions } from "./options.ts";
import { RememberedRefusals } from "./remembered-refusals.ts";
import { readReply, type ConsumeReply } from "./reply.ts";
import { runScript, scripts, type Script } from "./script.ts";
import { Timeouts } from "./timeouts.ts";

/** Limits that a probe cannot reach. */
const PROBE_LIMITS: Limits = { rate: 1_000_000_000, burst: 1_000_000_000, daily: 1_000_000_000 };

/** How many subjects are handed back in one go. */
const HAND_BACK_TOGETHER = 64;

/** For how long a subject whose call failed is decided here without asking, while others still ask. */
const AVOIDED_MS = 1000;

/**
 * A limiter whose counts live in Redis or Valkey, so that they hold over all processes: G1 to G8 by one script, in one
 * round trip, on one key a subject and on Redis's clock.
 *
 * Redis is not waited for longer than `timeoutMs`; when it fails, `onUnavailable` decides. A call that fails is not sent
 * again, and one that arrives when nobody waits for it any more counts nothing.
 *
 * @throws KeywardError `invalid-option` that names the option, what it got and what it wants
 *
 * @example
 * ```ts
 * const kw = createKeyward({ secret, store, limiter: redisLimiter({ client: new Redis("redis://localhost") }) });
 * ```
 */
export function redisLimiter(options: RedisLimiterOptions): Limiter {
  const resolved = resolveRedisOptions(options);
  return new RedisLimiter(connect(options.client), resolved);
}

function fallbackFor({ onUnavailable, localShare, clock }: ResolvedRedisOptions): Fallback {
  if (onUnavailable === "refuse") return refuseAll();
  return onUnavailable === "admit" ? admitAll(clock) : new LocalFallback(localShare, clock);
}

class RedisLimiter implements Limiter {
  readonly #connection: RedisConnection;
  readonly #options: ResolvedRedisOptions;
  readonly #fallback: Fallback;
  readonly #availability: Availability;
  readonly #refusals: RememberedRefusals;
  readonly #timeouts: Timeouts;
  readonly #now: () => number;
  /** Batches that leave at the end of this turn of the event loop. */
  #open = new Map<string, Batch>();
  #closedBatches: Batch[] = [];
  #scheduled = false;
  /** Subjects that are decided here for a while, and until when. */
  readonly #avoided = new LRUCache<string, number>({ max: 10_000 });
  /** By how much Redis's clock is at most ahead of `performance.now()`. */
  #aheadMs = Number.NEGATIVE_INFINITY;
  #connected = false;
  #closed = false;
  readonly #listeners = new Set<(change: LimiterStatusChange) => void>();
  readonly changes: KeyChanges;

  constructor(connection: RedisConnection, options: ResolvedRedisOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#fallback = fallbackFor(options);
    this.#now = options.clock ?? (() => performance.now());
    this.#refusals = new RememberedRefusals(this.#now);
    this.#timeouts = new Timeouts(options.timeoutMs, () => performance.now());
    this.changes = redisChanges(connection, `${options.prefix}changes`);
    this.#availability = new Availability({
      probe: () => this.#probe(),
      renew: () => connection.renew(),
      opened: (error) => {
        // Those that still wait would wait in vain.
        this.#timeouts.expireAll();
        this.#tell({ status: "degraded", error });
      },
      closed: (forMs) => {
        this.#avoided.clear();
        this.#tell({ status: "ok", forMs });
        void this.#handBack();
      },
    });
    void connection.connected.then(() => {
      this.#connected = true;
      if (!this.#closed) void warnOfEviction(connection);
    });
  }

  consume(subject: string, limits: Limits, cost: number): MaybePromise<LimitResult> {
    const refusal = this.#refusals.refuse(subject, limits, cost);
    if (refusal !== undefined) return refusal;
    if (!this.#asks(subject)) return this.#fallback.consume(subject, limits, cost);
    let batch = this.#open.get(subject);
    if (batch === undefined || !this.#options.coalesce || !batch.takes(limits)) {
      if (batch !== undefined) this.#closedBatches.push(batch);
      batch = new Batch(subject, limits);
      this.#open.set(subject, batch);
      if (!this.#scheduled) {
        this.#scheduled = true;
        setImmediate(() => void this.#sendAll());
      }
    }
    return batch.add(cost);
  }

  async peek(subject: string, limits: Limits): Promise<LimitResult> {
    if (this.#asks(subject)) {
      try {
        const { now, state } = await this.#ask(subject, limits, []);
        if (state !== undefined) return decide(state, limits, 1, state.levelAt, now, false);
      } catch {
        this.#avoid(subject);
      }
    }
    return this.#fallback.peek(subject, limits);
  }

  async giveBack(subject: string, limits: Limits, cost: number, admittedMs: number): Promise<void> {
    this.#refusals.forget(subject);
    if (cost === 0 || !this.#asks(subject)) return;
    const ago = Math.max(0, Math.floor((this.#options.clock ?? Date.now)() - admittedMs));
    // Nothing is lost but the cost: the request has been refused, and that is what its caller waits for.
    await this.#run(scripts.giveBack, subject, limits, [String(cost), String(ago)]).catch(() => {});
  }

  async reset(subject: string): Promise<void> {
    this.#refusals.forget(subject);
    this.#fallback.reset(subject);
    await this.#limited(() => this.#connection.del(this.#key(subject)));
  }

  status(): LimiterStatus {
    return this.#availability.available ? "ok" : "degraded";
  }

  onStatus(listener: (change: LimiterStatusChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#sendAll();
    await this.#handBack();
    this.#availability.close();
    this.#timeouts.close();
    await this.#connection.close();
  }

  #key(subject: string): string {
    return `${this.#options.prefix}{${subject}}`;
  }

  /** Whether Redis is to be asked about the subject. */
  #asks(subject: string): boolean {
    if (!this.#availability.available) return false;
    if (this.#avoided.size === 0) return true;
    const until = this.#avoided.get(subject);
    if (until === undefined) return true;
    if (performance.now() < until) return false;
    this.#avoided.delete(subject);
    return true;
  }

  #avoid(subject: string): void {
    if (this.#options.onUnavailable === "local") this.#avoided.set(subject, performance.now() + AVOIDED_MS);
  }

  readonly #sendAll = async (): Promise<void> => {
    this.#scheduled = false;
    const batches = [...this.#closedBatches, ...this.#open.values()];
    this.#closedBatches = [];
    this.#open = new Map();
    await Promise.all(batches.map((batch) => this.#send(batch)));
  };

  async #send(batch: Batch): Promise<void> {
    const { subject, limits } = batch;
    const askedAt = this.#now();
    try {
      // It may have gone since the requests came.
      if (!this.#availability.available) throw new Error("Redis cannot be asked.");
      const { now, state } = await this.#ask(subject, limits, batch.runs());
      if (state === undefined) throw new Error("Redis took the call for late.");
      const refused = batch.answer(state, now);
      // What was admitted since makes an older refusal's account of the subject wrong.
      if (refused) this.#refusals.remember(subject, state, now, askedAt);
      else this.#refusals.forget(subject);
      this.#fallback.saw(subject, state.day, state.dayUsed);
    } catch {
      this.#avoid(subject);
      batch.leaveTo(this.#fallback);
    }
  }

  /** Asks the script that decides. A call that it took for late has counted nothing, and is made once more. */
  async #ask(subject: string, limits: Limits, runs: readonly string[]): Promise<ConsumeReply> {
    const sentAt = performance.now();
    const ask = async () => {
      const { timeoutMs, clock } = this.#options;
      // Unknown before the first answer, which no call can have been late for.
      const deadline =
        clock === undefined && Number.isFinite(this.#aheadMs)
          ? Math.ceil(sentAt + this.#aheadMs + timeoutMs)
          : "";
      const reply = readReply(
        await this.#run(scripts.consume, subject, limits, [String(limits.daily), String(deadline), ...runs]),
      );
      this.#aheadMs = Math.max(this.#aheadMs, reply.now - sentAt);
      return reply;
    };
    const reply = await ask();
    return reply.state === undefined ? ask() : reply;
  }

  #run(script: Script, subject: string, limits: Limits, args: readonly string[]): Promise<unknown> {
    return this.#availability.attempt(() => this.#runOn(script, this.#key(subject), limits, args));
  }

  #runOn(script: Script, key: string, { rate, burst }: Limits, args: readonly string[]): Promise<unknown> {
    const { clock } = this.#options;
    const now = clock === undefined ? "" : String(Math.floor(clock()));
    const all = [now, String(rate), String(burst), ...args];
    return this.#limited((wanted) => runScript(this.#connection, script, key, all, wanted));
  }

  /** Does what a request does: a server may answer PING and be unable to count. */
  #probe(): Promise<unknown> {
    return this.#runOn(scripts.consume, `${this.#options.prefix}probe`, PROBE_LIMITS, [
      String(PROBE_LIMITS.daily),
      "",
      "1",
      "1",
    ]);
  }

  /**
   * Ends with an error when `timeoutMs` are over. A process that has just started waits for its connection for as
   * long as it would wait for an answer; what nobody waits for any more is not sent.
   */
  #limited<T>(ask: (wanted: () => boolean) => Promise<T>): Promise<T> {
    const call = new Call<T>(performance.now());
    this.#timeouts.add(call);
    const wanted = () => !call.settled;
    if (this.#connected) call.follow(ask(wanted));
    else void this.#connection.connected.then(() => wanted() && call.follow(ask(wanted)));
    return call.answer;
  }

  /** Adds to Redis what was admitted of a day while it was away, so that the day holds no more than it may. */
  async #handBack(): Promise<void> {
    if (!this.#availability.available) return;
    const counts = this.#fallback.takeCounts();
    // A few at a time, so that requests do not wait behind them.
    for (let from = 0; from < counts.length; from += HAND_BACK_TOGETHER) {
      const some = counts.slice(from, from + HAND_BACK_TOGETHER);
      await Promise.all(some.map((count) => this.#charge(count)));
    }
  }

  async #charge(count: AdmittedCount): Promise<void> {
    const { subject, limits, used, lastAt } = count;
    const ago = Math.floor(performance.now() - lastAt);
    try {
      await this.#run(scripts.chargeDay, subject, limits, [String(used), String(ago)]);
    } catch {
      this.#fallback.putBack(count);
    }
  }

  #tell(change: LimiterStatusChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
