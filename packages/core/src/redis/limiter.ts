import { LRUCache } from "lru-cache";
import { systemClock } from "../clock.ts";
import { decide } from "../limits/algorithm.ts";
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
import { redisChanges } from "./changes.ts";
import { connect } from "./client.ts";
import type { RedisConnection } from "./connection.ts";
import { warnOfEviction } from "./eviction.ts";
import { admitAll, LocalFallback, refuseAll, type AdmittedCount, type Fallback } from "./fallback.ts";
import { resolveRedisOptions, type RedisLimiterOptions, type ResolvedRedisOptions } from "./options.ts";
import { RememberedRefusals } from "./remembered-refusals.ts";
import type { ConsumeReply } from "./reply.ts";
import { ScriptRunner } from "./runner.ts";
import { scripts } from "./script.ts";

/** For how long a subject whose call failed is decided here without asking, while others still ask. */
const AVOIDED_MS = 1000;
/** Of how many subjects that is remembered. */
const SUBJECTS_AVOIDED = 10_000;
/** How many subjects are handed back in one go, so that requests do not wait behind them. */
const HAND_BACK_TOGETHER = 64;

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
  readonly #options: ResolvedRedisOptions;
  readonly #fallback: Fallback;
  readonly #availability: Availability;
  readonly #runner: ScriptRunner;
  readonly #refusals: RememberedRefusals;
  /** Batches that leave at the end of this turn of the event loop, and by subject those that may still grow. */
  #leaving: Batch[] = [];
  readonly #growing = new Map<string, Batch>();
  /** Subjects that are decided here for a while, and until when. */
  readonly #avoided = new LRUCache<string, number>({ max: SUBJECTS_AVOIDED });
  readonly #listeners = new Set<(change: LimiterStatusChange) => void>();
  #handingBack: NodeJS.Timeout | undefined;
  #closed = false;
  readonly changes: KeyChanges;

  constructor(connection: RedisConnection, options: ResolvedRedisOptions) {
    this.#options = options;
    this.#fallback = fallbackFor(options);
    this.#refusals = new RememberedRefusals(options.clock ?? (() => performance.now()));
    this.changes = redisChanges(connection, `${options.prefix}changes`);
    this.#availability = new Availability({
      probe: () => this.#runner.probe(),
      renew: () => connection.renew(),
      opened: (error) => {
        // Those that still wait would wait in vain.
        this.#runner.giveUp();
        this.#tell({ status: "degraded", error });
      },
      closed: (forMs) => {
        this.#avoided.clear();
        this.#tell({ status: "ok", forMs });
        void this.#handBack();
      },
    });
    this.#runner = new ScriptRunner(connection, options, this.#availability);
    void connection.connected.then(async () => {
      if (!this.#closed) await warnOfEviction(connection);
    });
  }

  consume(subject: string, limits: Limits, cost: number): MaybePromise<LimitResult> {
    const refusal = this.#refusals.refuse(subject, limits, cost);
    if (refusal !== undefined) return refusal;
    if (!this.#asks(subject)) return this.#fallback.consume(subject, limits, cost);
    const growing = this.#options.coalesce ? this.#growing.get(subject) : undefined;
    if (growing?.takes(limits) === true) return growing.add(cost);
    const batch = new Batch(subject, limits);
    this.#growing.set(subject, batch);
    if (this.#leaving.push(batch) === 1) setImmediate(this.#sendAll);
    return batch.add(cost);
  }

  async peek(subject: string, limits: Limits): Promise<LimitResult> {
    if (!this.#asks(subject)) return this.#fallback.peek(subject, limits);
    return new Promise((resolve, reject) => {
      this.#runner.consume(subject, limits, [], {
        answered: ({ now, state }) => resolve(decide(state, limits, 1, state.levelAt, now, false)),
        failed: () => {
          this.#avoid(subject);
          try {
            resolve(this.#fallback.peek(subject, limits));
          } catch (error) {
            reject(error);
          }
        },
      });
    });
  }

  async giveBack(subject: string, limits: Limits, cost: number, admittedMs: number): Promise<void> {
    this.#refusals.forget(subject);
    if (cost === 0 || !this.#asks(subject)) return;
    const ago = Math.max(0, Math.floor((this.#options.clock ?? systemClock)() - admittedMs));
    // Nothing is lost but the cost: the request has been refused, and that is what its caller waits for.
    await this.#runner.run(scripts.giveBack, subject, limits, [String(cost), String(ago)]).catch(() => {});
  }

  async reset(subject: string): Promise<void> {
    this.#refusals.forget(subject);
    this.#fallback.reset(subject);
    await this.#runner.forget(subject);
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
    this.#sendAll();
    clearTimeout(this.#handingBack);
    await this.#handBack();
    this.#availability.close();
    this.#runner.close();
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
    if (this.#options.onUnavailable !== "local") return;
    this.#avoided.set(subject, performance.now() + AVOIDED_MS);
    this.#handBackLater();
  }

  readonly #sendAll = (): void => {
    const leaving = this.#leaving;
    this.#leaving = [];
    this.#growing.clear();
    const [only] = leaving;
    const startedAt = performance.now();
    if (leaving.length === 1 && only !== undefined) this.#send(only, startedAt);
    else {
      this.#runner.together(() => {
        for (const batch of leaving) this.#send(batch, startedAt);
      });
    }
  };

  #send(batch: Batch, startedAt: number): void {
    // It may have gone since the requests came.
    if (!this.#availability.available) return batch.leaveTo(this.#fallback);
    const { subject, limits } = batch;
    const askedAt = this.#options.clock?.() ?? startedAt;
    const asker = {
      answered: ({ now, state }: ConsumeReply) => {
        const refused = batch.answer(state, now);
        // What was admitted since makes an older refusal's account of the subject wrong.
        if (refused) this.#refusals.remember(subject, state, now, askedAt);
        else this.#refusals.forget(subject);
        this.#fallback.saw(subject, state.day, state.dayUsed);
      },
      failed: () => {
        this.#avoid(subject);
        batch.leaveTo(this.#fallback);
      },
    };
    this.#runner.consume(subject, limits, batch.runs(), asker, startedAt);
  }

  #handBackLater(): void {
    if (this.#closed) return;
    this.#handingBack ??= setTimeout(() => {
      this.#handingBack = undefined;
      void this.#handBack();
    }, AVOIDED_MS).unref();
  }

  /** Adds to Redis what was admitted of a day while it was away, so that the day holds no more than it may. */
  async #handBack(): Promise<void> {
    if (!this.#availability.available) return;
    const counts = this.#fallback.takeCounts();
    for (let from = 0; from < counts.length; from += HAND_BACK_TOGETHER) {
      const some = counts.slice(from, from + HAND_BACK_TOGETHER);
      await Promise.all(some.map((count) => this.#charge(count)));
    }
  }

  async #charge(count: AdmittedCount): Promise<void> {
    const { subject, limits, used, lastAt } = count;
    const ago = Math.floor(performance.now() - lastAt);
    try {
      await this.#runner.run(scripts.chargeDay, subject, limits, [String(used), String(ago)]);
    } catch {
      this.#fallback.putBack(count);
      this.#handBackLater();
    }
  }

  #tell(change: LimiterStatusChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
