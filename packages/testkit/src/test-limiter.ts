import type { Clock, Limiter } from "@keyward/core";
import { testCalendarQuotas } from "./limiter/calendar-cases.ts";
import { testOneSubject } from "./limiter/one-subject-cases.ts";
import { testLimitChanges } from "./limiter/change-cases.ts";
import { testCorrections } from "./limiter/correction-cases.ts";
import { testGroups } from "./limiter/group-cases.ts";
import type { LimiterCase } from "./limiter/limiter-case.ts";
import { testLimiterByModel } from "./limiter/model.ts";
import type { Remembers } from "./reference/reference-limiter.ts";
import type { TestRunner } from "./runner.ts";
import { testClock } from "./test-clock.ts";

/** A limiter to test. */
export interface LimiterUnderTest {
  readonly name: string;
  /** Creates a limiter with this clock and without counts, for one test. */
  create(clock: Clock): Limiter | Promise<Limiter>;
  /** The number of random histories that are compared with the reference model. */
  readonly runs: number;
  /** Default: `everything`. */
  readonly remembers?: Remembers;
}

/**
 * Tests that a limiter keeps the guarantees G1 to G8, G10 and G11: by comparison with the reference model over random histories, and in
 * named cases that other limiters get wrong.
 *
 * @example
 * ```ts
 * testLimiter({ describe, it }, { name: "memory", create: (clock) => memoryLimiter({ clock }), runs: 10_000 });
 * ```
 */
export function testLimiter(runner: TestRunner, limiter: LimiterUnderTest): void {
  const test: LimiterCase = (name, body) =>
    runner.it(name, async () => {
      const clock = testClock();
      const created = await limiter.create(clock);
      try {
        await body(created, clock);
      } finally {
        await created.close();
      }
    });

  runner.describe(`${limiter.name} limiter`, () => {
    testOneSubject(test);
    testCalendarQuotas(test);
    testLimitChanges(test);
    testGroups(test);
    testCorrections(test);
    testLimiterByModel(runner, limiter);
  });
}
