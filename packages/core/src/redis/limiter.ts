import { setTimeout as sleep } from "node:timers/promises";
import { KeywardError } from "../errors.ts";
import { decide } from "../limits/algorithm.ts";
import { decideAll } from "../limits/group.ts";
import type {
  Charge,
  Correction,
  GroupResult,
  Limiter,
  LimiterStatus,
  LimiterStatusChange,
  LimitResult,
} from "../limits/limiter.ts";
import type { Limits } from "../limits/limits.ts";
import { rulesOf } from "../limits/rules.ts";
import { Standing } from "../limits/standing.ts";
import type { SubjectState } from "../limits/subject.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import { Availability } from "./availability.ts";
import { Batch } from "./batch.ts";
import { connect } from "./client.ts";
import type { RedisConnection } from "./connection.ts";
import { Corrections } from "./corrections.ts";
import { warnOfEviction } from "./eviction.ts";
import { admitAll, refuseAll, type Fallback, type RuledCharge } from "./fallback.ts";
import { handOver, type LocalUse } from "./hand-over.ts";
import { Heartbeat } from "./heartbeat.ts";
import { LocalFallback } from "./local-fallback.ts";
import { LocalShare } from "./local-share.ts";
import {
  resolveRedisOptions,
  type OnUnavailable,
  type RedisLimiterOptions,
  type ResolvedRedisOptions,
} from "./options.ts";
import { RedisTime } from "./redis-time.ts";
import { RememberedRefusals } from "./remembered-refusals.ts";
import { waitForOthers } from "./return.ts";
import { ScriptRunner, type Decided } from "./runner.ts";
import { tagOf } from "./subject-key.ts";

/** After how long Redis is asked again about subjects whose call failed, while others still ask. */
const AVOIDED_MS = 1000;
/** The most hash tags that are decided here while others are in Redis. */
const MAX_AVOIDED = 10_000;
/** Delay before a process that could not return to Redis tries again. */
const RETURN_AGAIN_MS = 200;
/** Hash tags whose counts are handed over at once, so that requests do not wait behind them. */
const MAX_TOGETHER = 16;

/**
 * A limiter whose counts are in Redis or Valkey, so that they hold for all processes together: G1 to G8, G10 and G11 by one script and
 * normally one round trip per decision, on Redis's clock.
 *
 * A request waits for Redis at most `timeoutMs`; when Redis fails, `onUnavailable` decides. A call that fails is not sent again, and one that arrives after its time-out counts nothing.
 *
 * @throws KeywardError `invalid-option`
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

function fallbackFor(onUnavailable: OnUnavailable, share: LocalShare, time: RedisTime): Fallback {
  if (onUnavailable === "refuse") return refuseAll();
  return onUnavailable === "admit" ? admitAll(time.estimate) : new LocalFallback(share, time.estimate);
}

class RedisLimiter implements Limiter {
  readonly #options: ResolvedRedisOptions;
  readonly #fallback: Fallback;
  readonly #availability: Availability;
  readonly #runner: ScriptRunner;
  readonly #refusals: RememberedRefusals;
  readonly #corrections: Corrections;
  /** Batches that leave at the end of this turn of the event loop, and by hash tag the latest, which may still grow. */
  #leaving: Batch[] = [];
  readonly #growing = new Map<string, Batch>();
  /** True if Redis decides. Otherwise this process does, for all subjects. */
  #isInRedis = true;
  /** Counts the times that Redis was lost or found again, so that a return that was overtaken ends. */
  #turns = 0;
  /** Hash tags whose subjects are decided here, while others are in Redis. */
  readonly #avoided = new Set<string>();
  readonly #heartbeat: Heartbeat | undefined;
  readonly #listeners = new Set<(change: LimiterStatusChange) => void>();
  #handingOver: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(connection: RedisConnection, options: ResolvedRedisOptions) {
    this.#options = options;
    const time = new RedisTime(options.timeoutMs, options.clock);
    const share = new LocalShare(options.localShare, options.initialShare);
    this.#fallback = fallbackFor(options.onUnavailable, share, time);
    this.#refusals = new RememberedRefusals(options.clock ?? (() => performance.now()));
    this.#availability = new Availability({
      probe: () => this.#runner.probe(),
      renew: () => connection.renew(),
      opened: (error) => {
        this.#isInRedis = false;
        this.#turns += 1;
        // Those that still wait would wait in vain.
        this.#runner.giveUp();
        this.#notify({ status: "degraded", error });
      },
      closed: (forMs) => {
        this.#notify({ status: "ok", forMs });
        void this.#returnToRedis();
      },
    });
    this.#runner = new ScriptRunner(connection, options, time, this.#availability);
    this.#corrections = new Corrections(this.#runner, time);
    if (options.onUnavailable === "local") {
      this.#heartbeat = new Heartbeat(this.#runner, options.prefix, (membership) => {
        share.membership = membership;
      });
    }
    void connection.connected.then(async () => {
      this.#heartbeat?.start();
      if (!this.#closed) await warnOfEviction(connection);
    });
  }

  consume(subject: string, limits: Limits, cost: number): MaybePromise<LimitResult> {
    const rules = rulesOf(limits);
    const charge = { subject, rules, cost };
    if (!this.#refusals.isEmpty) {
      const refusal = this.#refusals.refuse(charge);
      if (refusal !== undefined) return refusal;
    }
    const tag = tagOf(subject);
    if (!this.#asks(tag)) return this.#fallback.consume(charge);
    const growing = this.#growing.get(tag)?.add(subject, rules, cost);
    return growing ?? (this.#startBatch(tag).add(subject, rules, cost) as Promise<LimitResult>);
  }

  consumeAll(charges: readonly Charge[]): MaybePromise<GroupResult> {
    const [first] = charges;
    if (first === undefined) return decideAll([], 0, 0);
    const tag = tagOf(first.subject);
    const ruled: RuledCharge[] = [];
    for (const { subject, limits, cost, name } of charges) {
      if (tagOf(subject) !== tag) throw differentTags(first.subject, subject);
      ruled.push({ subject, rules: rulesOf(limits, name), cost });
    }
    if (!this.#refusals.isEmpty) {
      const refusal = this.#refusals.refuseAll(ruled);
      if (refusal !== undefined) return refusal;
    }
    if (!this.#asks(tag)) return this.#fallback.consumeAll(ruled);
    const growing = this.#growing.get(tag)?.addAll(ruled);
    return growing ?? (this.#startBatch(tag).addAll(ruled) as Promise<GroupResult>);
  }

  async peek(subject: string, limits: Limits): Promise<LimitResult> {
    const rules = rulesOf(limits);
    const tag = tagOf(subject);
    if (!this.#asks(tag)) return this.#fallback.peek(subject, rules);
    return new Promise((resolve, reject) => {
      this.#runner.consume([{ subject, rules }], ["0"], {
        answered: ({ now, states }) => {
          const state = states[0] as SubjectState;
          resolve(decide(state, rules, 1, state.levelAt, now, false));
        },
        failed: () => {
          this.#avoid(tag);
          try {
            resolve(this.#fallback.peek(subject, rules));
          } catch (error) {
            reject(error);
          }
        },
      });
    });
  }

  async correct(corrections: readonly Correction[]): Promise<void> {
    const local: Correction[] = [];
    for (const correction of corrections) {
      const { subject, cost, charged } = correction;
      // A refund needs to know when the subject was charged.
      if (cost === 0 || (cost < 0 && !(charged instanceof Standing))) continue;
      this.#refusals.forget(subject);
      if (charged !== undefined && this.#fallback.hasDecided(charged)) local.push(correction);
      else if (this.#asks(tagOf(subject))) this.#corrections.add(correction);
      else if (cost > 0 && this.#fallback.counts) local.push(correction);
      else this.#corrections.keep(correction);
    }
    if (local.length > 0) {
      this.#fallback.correct(local);
      this.#handOverLater();
    }
    await this.#corrections.send();
    // Refusals that were decided before the correction may have been remembered since.
    for (const { subject } of corrections) this.#refusals.forget(subject);
  }

  async reset(subject: string): Promise<void> {
    this.#refusals.forget(subject);
    this.#fallback.reset(subject);
    await this.#runner.forget(subject);
    this.#refusals.forget(subject);
  }

  status(): LimiterStatus {
    return this.#availability.available ? "ok" : "degraded";
  }

  async ping(): Promise<void> {
    try {
      await this.#runner.probe();
    } catch (error) {
      throw new KeywardError("limiter-unavailable", "Redis does not respond, or cannot count.", {
        cause: error,
      });
    }
  }

  onStatus(listener: (change: LimiterStatusChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#sendAll();
    this.#turns += 1;
    clearTimeout(this.#handingOver);
    await this.#corrections.send();
    if (this.#availability.available) {
      await this.#handOver(this.#fallback.countedTags, true);
      await this.#heartbeat?.close();
    }
    this.#availability.close();
    this.#runner.close();
  }

  /** True if Redis is asked about subjects with this hash tag. */
  #asks(tag: string): boolean {
    return this.#isInRedis && (this.#avoided.size === 0 || !this.#avoided.has(tag));
  }

  #avoid(tag: string): void {
    if (this.#options.onUnavailable !== "local" || !this.#isInRedis) return;
    if (this.#avoided.has(tag) || this.#avoided.size >= MAX_AVOIDED) return;
    this.#avoided.add(tag);
    void this.#returnTag(tag);
  }

  #startBatch(tag: string): Batch {
    const batch = new Batch(tag);
    if (this.#options.coalesce) this.#growing.set(tag, batch);
    if (this.#leaving.push(batch) === 1) setImmediate(this.#sendAll);
    return batch;
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
    // Redis may have become unavailable since the requests came.
    if (!this.#asks(batch.tag)) return batch.leaveTo(this.#fallback);
    const askedAt = this.#options.clock?.() ?? startedAt;
    const handler = {
      answered: (decided: Decided) => this.#answer(batch, decided, askedAt),
      failed: () => {
        this.#avoid(batch.tag);
        batch.leaveTo(this.#fallback);
      },
    };
    this.#runner.consume(batch.members, batch.requests(), handler, startedAt);
  }

  #answer(batch: Batch, { now, states, hasSlots }: Decided, askedAt: number): void {
    batch.answer(states, now);
    for (const [index, { subject, rules, isRefused }] of batch.members.entries()) {
      const state = states[index] as SubjectState;
      // After an admission, what an older refusal says of the subject is wrong.
      if (isRefused && hasSlots) this.#refusals.remember({ subject, rules, state, wallMs: now, askedAt });
      else this.#refusals.forget(subject);
      this.#fallback.see(subject, state);
    }
  }

  /** Has Redis decide again after it was lost, at one time with the other processes. */
  async #returnToRedis(): Promise<void> {
    this.#turns += 1;
    const turn = this.#turns;
    const isCurrent = () => turn === this.#turns;
    if (this.#options.onUnavailable === "local") {
      await this.#retryWhile(isCurrent, async () => {
        await this.#handOver(this.#fallback.countedTags, false);
        await this.#waitForOthers(undefined, isCurrent);
      });
      if (!isCurrent()) return;
    }
    const tags = this.#fallback.countedTags;
    this.#avoided.clear();
    for (const tag of tags) this.#avoided.add(tag);
    this.#isInRedis = true;
    await this.#handOver(tags, true);
    await this.correct(this.#corrections.takeKept());
  }

  /** The same for the subjects of one hash tag, whose server was lost, or the connection to it. */
  async #returnTag(tag: string): Promise<void> {
    const turn = this.#turns;
    const isCurrent = () => turn === this.#turns && this.#avoided.has(tag);
    await sleep(AVOIDED_MS, undefined, { ref: false });
    await this.#retryWhile(isCurrent, async () => {
      await this.#handOver([tag], false);
      await this.#waitForOthers(tag, isCurrent);
    });
    if (!isCurrent()) return;
    await this.#handOver([tag], true);
    await this.correct(this.#corrections.takeKept());
  }

  async #retryWhile(isCurrent: () => boolean, work: () => Promise<void>): Promise<void> {
    while (isCurrent()) {
      try {
        return await work();
      } catch {
        await sleep(RETURN_AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  #waitForOthers(tag: string | undefined, isCurrent: () => boolean): Promise<void> {
    return waitForOthers({ runner: this.#runner, prefix: this.#options.prefix, tag, isCurrent });
  }

  #handOverLater(): void {
    if (this.#closed) return;
    this.#handingOver ??= setTimeout(() => {
      this.#handingOver = undefined;
      if (!this.#availability.available) return;
      void this.#handOver(
        this.#fallback.countedTags.filter((tag) => this.#asks(tag)),
        false,
      );
    }, AVOIDED_MS).unref();
  }

  /**
   * Adds to Redis what was counted here while it could not be asked.
   *
   * @param isFinal Redis decides about these subjects from now on: what is counted here is sent before any request
   */
  async #handOver(tags: readonly string[], isFinal: boolean): Promise<void> {
    for (let from = 0; from < tags.length; from += MAX_TOGETHER) {
      const calls = tags.slice(from, from + MAX_TOGETHER).map((tag) => {
        const uses = this.#fallback.takeUses(tag, isFinal);
        if (isFinal) this.#avoided.delete(tag);
        return handOver(this.#runner, uses, this.#putBack);
      });
      await Promise.all(calls);
    }
  }

  readonly #putBack = (uses: readonly LocalUse[]): void => {
    this.#fallback.putBack(uses);
    this.#handOverLater();
  };

  #notify(change: LimiterStatusChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function differentTags(one: string, other: string): KeywardError {
  return new KeywardError(
    "invalid-input",
    `All subjects of a decision must have the same hash tag, which is the part before the first "|"; got ${JSON.stringify(one)} and ${JSON.stringify(other)}.`,
  );
}
