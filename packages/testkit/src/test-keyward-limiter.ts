import {
  KeywardError,
  memoryLimiter,
  type Limiter,
  type LimitResult,
  type Limits,
  type LocalLimiter,
  type Policy,
} from "@keyward/core";
import type { TestClock } from "./test-clock.ts";

const DAY_MS = 86_400_000;

/** A limiter in memory whose policies a test can spend, and which fails for whom the test says. */
export class TestLimiter implements Limiter {
  readonly unavailable = new Set<string>();
  /** Whom the limiter was last asked about: the core alone knows under which name a key counts. */
  lastPeeked = "";
  readonly #memory: LocalLimiter;
  readonly #clock: TestClock;

  constructor(clock: TestClock) {
    this.#memory = memoryLimiter({ clock });
    this.#clock = clock;
  }

  consume(subject: string, limits: Limits, cost: number): LimitResult {
    if (this.unavailable.has(subject)) {
      throw new KeywardError("limiter-unavailable", "The limiter is down, as the test asked.");
    }
    return this.#memory.consumeAt(subject, limits, cost, this.#clock());
  }

  peek(subject: string, limits: Limits) {
    this.lastPeeked = subject;
    return this.#memory.peek(subject, limits);
  }

  giveBack(subject: string, limits: Limits, cost: number, admittedMs: number) {
    return this.#memory.giveBack?.(subject, limits, cost, admittedMs);
  }

  reset(subject: string) {
    return this.#memory.reset(subject);
  }

  close(): Promise<void> {
    return this.#memory.close();
  }

  exhaust(subject: string, limits: Limits, policy: Policy): void {
    const now = this.#clock();
    if (policy === "daily") {
      const used = limits.daily;
      this.#memory.restoreDaily([{ subject, day: Math.floor(now / DAY_MS), used }]);
      return;
    }
    for (;;) {
      const { allowed, violated } = this.#memory.consumeAt(subject, limits, 1, now);
      if (violated.includes(policy)) return;
      if (!allowed) {
        throw new Error(
          `The ${policy} limit cannot be exhausted: the key is held back by ${violated.join(", ")} before.`,
        );
      }
    }
  }
}
