import type { Clock, Limiter } from "@keyward/core";
import { testLimiterByCases } from "./limiter/cases.ts";
import { testLimiterByModel } from "./limiter/model.ts";
import type { Remembers } from "./reference-limiter.ts";
import type { TestRunner } from "./runner.ts";

/** A limiter that is to be tested, and what it can do. */
export interface LimiterUnderTest {
  readonly name: string;
  /** A limiter that goes by this clock and knows nothing yet. Each gets subjects of its own. */
  create(clock: Clock): Limiter | Promise<Limiter>;
  /** Random histories that are held against the reference model. */
  readonly runs: number;
  /** `everything` if left out. */
  readonly remembers?: Remembers;
}

/**
 * Holds a limiter to G1 to G8: against the reference model over random traffic, costs, limits and
 * clock steps, and in the cases that break other limiters, by name.
 *
 * @example
 * ```ts
 * testLimiter({ describe, it }, { name: "memory", create: (clock) => memoryLimiter({ clock }), runs: 10_000 });
 * ```
 */
export function testLimiter(runner: TestRunner, limiter: LimiterUnderTest): void {
  runner.describe(`${limiter.name} limiter`, () => {
    testLimiterByCases(runner, limiter);
    testLimiterByModel(runner, limiter);
  });
}
