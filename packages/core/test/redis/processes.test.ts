import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startRedis, type RedisServer } from "@keyward/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Limits } from "../../src/index.ts";

const HOUR_MS = 3_600_000;

interface Told {
  readonly admitted: number;
  readonly replies: readonly (readonly [now: number, usedBefore: number])[];
}

/** Admissions at one instant of Redis's clock. */
interface Admissions {
  readonly at: number;
  readonly count: number;
}

/**
 * What all processes were admitted, on the one clock that they share. Each reply says what had been used before it, so
 * the replies have an order, and what each admitted is what the next one found more.
 */
function mergedLog(told: readonly Told[]): Admissions[] {
  const replies = told.flatMap(({ replies: each }) => each).toSorted((a, b) => a[1] - b[1] || a[0] - b[0]);
  const total = told.reduce((sum, { admitted }) => sum + admitted, 0);
  return replies.map(([at, usedBefore], index) => ({
    at,
    count: (replies[index + 1]?.[1] ?? total) - usedBefore,
  }));
}

/** G1: the most that any second admitted. */
function mostInASecond(log: readonly Admissions[]): number {
  let [most, within, oldest] = [0, 0, 0];
  for (const { at, count } of log) {
    within += count;
    while ((log[oldest] as Admissions).at <= at - 1000) {
      within -= (log[oldest] as Admissions).count;
      oldest += 1;
    }
    most = Math.max(most, within);
  }
  return most;
}

/** G2: the most that any interval admitted beyond what its length gives at the sustained rate. */
function mostBeyondRate(log: readonly Admissions[], { rate }: Limits): number {
  let [most, before, least] = [0, 0, Number.POSITIVE_INFINITY];
  for (const { at, count } of log) {
    const given = (rate * at) / 1000;
    least = Math.min(least, before - given);
    before += count;
    most = Math.max(most, before - given - least);
  }
  return most;
}

describe("four processes that hammer one key", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  const worker = fileURLToPath(new URL("../fixtures/hammer.mjs", import.meta.url));
  async function hammer(limits: Limits, ms: number, skewsMs: readonly number[]): Promise<Told[]> {
    await server.command("FLUSHALL");
    return Promise.all(
      skewsMs.map(async (skewMs) => {
        const child = fork(worker, [server.url, JSON.stringify(limits), String(ms), String(skewMs)]);
        const [told] = (await once(child, "message")) as [Told];
        return told;
      }),
    );
  }

  for (const [name, skewsMs] of [
    ["one clock", [0, 0, 0, 0]],
    ["clocks an hour apart", [0, HOUR_MS, -HOUR_MS, 2 * HOUR_MS]],
  ] as const) {
    it(
      `get what the limits allow, at least 99 % of it and not one more, with ${name}`,
      { timeout: 30_000 },
      async () => {
        const limits: Limits = { rate: 200, burst: 500, daily: 1_000_000 };
        const log = mergedLog(await hammer(limits, 5000, skewsMs));
        expect(mostInASecond(log)).toBeLessThanOrEqual(limits.burst);
        expect(mostBeyondRate(log, limits)).toBeLessThanOrEqual(limits.burst);
        const seconds = ((log.at(-1)?.at ?? 0) - (log[0]?.at ?? 0)) / 1000;
        const allowed = limits.burst + limits.rate * seconds;
        const admitted = log.reduce((sum, { count }) => sum + count, 0);
        expect(admitted).toBeLessThanOrEqual(allowed);
        expect(admitted).toBeGreaterThanOrEqual(0.99 * allowed);
      },
    );
  }

  it("get the day's quota between them, and not one more", { timeout: 30_000 }, async () => {
    const told = await hammer({ rate: 5000, burst: 5000, daily: 2000 }, 1500, [0, 0, 0, 0]);
    expect(told.reduce((sum, { admitted }) => sum + admitted, 0)).toBe(2000);
  });
});
