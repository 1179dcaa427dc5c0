import fc from "fast-check";
import { describe, it } from "vitest";
import { changingHistories, refundingHistories, type OperationHistory } from "./arbitraries.ts";
import { World } from "./world.ts";

/** Fewer where each mutant runs them. */
const RUNS = Number(process.env["HISTORY_RUNS"] ?? 300);

const play = (history: OperationHistory) => new World(history).play(history);

describe("a Keyward with owners, keys, budgets and anonymous clients", () => {
  it(`agrees with the reference model over ${RUNS} random histories with changes of plans and limits`, async () => {
    await fc.assert(fc.asyncProperty(changingHistories, play), { numRuns: RUNS });
  }, 600_000);

  it(`agrees with the reference model over ${RUNS} random histories with refunds and inner mounts`, async () => {
    await fc.assert(fc.asyncProperty(refundingHistories, play), { numRuns: RUNS });
  }, 600_000);
});
