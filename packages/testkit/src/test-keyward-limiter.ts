import {
  KeywardError,
  memoryLimiter,
  type Limiter,
  type Limits,
  type MaybePromise,
  type Policy,
  type QuotaName,
} from "@keyward/core";
import type { Charge, Correction, GroupResult, LimitResult, LocalLimiter } from "@keyward/core/limiter";
import { periodStart } from "./reference/calendar.ts";
import type { TestClock } from "./test-clock.ts";

const QUOTA = /(?:hourly|daily|weekly|monthly)$/;

/** A subject that the limiter was asked about, and its limits. */
interface Peeked {
  readonly subject: string;
  readonly limits: Limits;
  readonly result: LimitResult;
}

/** A memory limiter whose policies a test can exhaust, and which fails for chosen subjects. */
export class TestLimiter implements Limiter {
  readonly unavailable = new Set<string>();
  readonly #memory: LocalLimiter;
  readonly #clock: TestClock;
  #peeked: Peeked[] = [];

  constructor(clock: TestClock) {
    this.#memory = memoryLimiter({ clock });
    this.#clock = clock;
  }

  consume(subject: string, limits: Limits, cost: number): MaybePromise<LimitResult> {
    this.#requireAvailable(subject);
    return this.#memory.consumeAt(subject, limits, cost, this.#clock());
  }

  consumeAll(charges: readonly Charge[]): MaybePromise<GroupResult> {
    for (const { subject } of charges) this.#requireAvailable(subject);
    return this.#memory.consumeAll(charges);
  }

  async peek(subject: string, limits: Limits): Promise<LimitResult> {
    const result = await this.#memory.peek(subject, limits);
    this.#peeked.push({ subject, limits, result });
    return result;
  }

  correct(corrections: readonly Correction[]): MaybePromise<void> {
    return this.#memory.correct?.(corrections);
  }

  reset(subject: string): MaybePromise<void> {
    return this.#memory.reset(subject);
  }

  close(): Promise<void> {
    return this.#memory.close();
  }

  /** The subjects that `call` peeks at. Only the core knows the names under which a key counts. */
  async peekedBy(call: () => Promise<unknown>): Promise<readonly Peeked[]> {
    this.#peeked = [];
    await call();
    return this.#peeked;
  }

  /** Uses up what a policy of one of the subjects leaves. */
  async exhaust(peeked: readonly Peeked[], policy: Policy): Promise<void> {
    const target = peeked.find(({ result }) => policy in result.remaining);
    if (target === undefined) {
      const policies = peeked.flatMap(({ result }) => Object.keys(result.remaining));
      throw new Error(`The key has no limit ${policy}; it has ${policies.join(", ") || "none"}.`);
    }
    const [quota] = QUOTA.exec(policy) ?? [];
    if (quota === undefined) await this.#exhaustPacing(target, policy);
    else this.#exhaustQuota(target, policy, quota as QuotaName);
  }

  #exhaustQuota({ subject, limits, result }: Peeked, policy: Policy, quota: QuotaName): void {
    const { timeZone = "UTC", monthStartsOn = 1 } = limits;
    const now = this.#clock();
    const period = {
      quota,
      startMs: periodStart(quota, { timeZone, monthStartsOn }, now),
      endMs: now + (result.resetMs[policy] ?? 0),
    };
    this.#memory.restore([{ subject, period, used: result.remaining[policy] ?? 0 }]);
  }

  async #exhaustPacing({ subject, limits }: Peeked, policy: Policy): Promise<void> {
    for (;;) {
      const { allowed, violated } = await this.#memory.consume(subject, limits, 1);
      if (violated.includes(policy)) return;
      if (!allowed) {
        throw new Error(
          `The limit ${policy} cannot be exhausted: ${violated.join(", ")} refuses requests before.`,
        );
      }
    }
  }

  #requireAvailable(subject: string): void {
    if (!this.unavailable.has(subject)) return;
    throw new KeywardError("limiter-unavailable", "The limiter is unavailable because the test made it so.");
  }
}
