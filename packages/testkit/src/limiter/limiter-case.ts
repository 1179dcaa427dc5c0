import type { Limiter } from "@keyward/core";
import type { TestClock } from "../test-clock.ts";

/** Adds a test that has its own limiter and clock. */
export type LimiterCase = (name: string, body: (limiter: Limiter, clock: TestClock) => Promise<void>) => void;
