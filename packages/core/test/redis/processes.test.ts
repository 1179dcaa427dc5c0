import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startRedis, type RedisServer } from "@keyward/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Limits } from "../../src/index.ts";
import type { Charge } from "../../src/limits/limiter.ts";

const HOUR_MS = 3_600_000;
/** Out of reach. Each subject has it, because its count puts the replies in order. */
const daily = 1_000_000;

interface ProcessReport {
  readonly admitted: Readonly<Record<string, number>>;
  readonly replies: readonly (readonly [key: string, now: number, usedBefore: number])[];
}

/** Admissions at one instant of Redis's clock. */
interface Admissions {
  readonly at: number;
  readonly cost: number;
}

/**
 * Admissions of a subject by all processes together, on the clock that they share. Each reply contains what had been used before
 * it. So the replies have an order, and what each admitted is what the next one found in addition.
 */
function mergedLog(reports: readonly ProcessReport[], subject: string): Admissions[] {
  const [tag = "", ...rest] = subject.split("|");
  const key = [`keyward:3:{${tag}}`, ...rest].join("|");
  const replies = reports
    .flatMap(({ replies: each }) => each)
    .filter(([of]) => of === key)
    .toSorted((one, other) => one[2] - other[2] || one[1] - other[1]);
  const total = totalOf(reports, subject);
  return replies.map(([, at, usedBefore], index) => ({
    at,
    cost: (replies[index + 1]?.[2] ?? total) - usedBefore,
  }));
}

function totalOf(reports: readonly ProcessReport[], subject: string): number {
  return reports.reduce((sum, { admitted }) => sum + (admitted[subject] ?? 0), 0);
}

/** G1: the most that any second admitted. */
function mostInASecond(log: readonly Admissions[]): number {
  let [most, within, oldest] = [0, 0, 0];
  for (const { at, cost } of log) {
    within += cost;
    while ((log[oldest] as Admissions).at <= at - 1000) {
      within -= (log[oldest] as Admissions).cost;
      oldest += 1;
    }
    most = Math.max(most, within);
  }
  return most;
}

/** G2: the most that any interval admitted in addition to its length times the rate. */
function mostBeyondRate(log: readonly Admissions[], rate: number): number {
  let [most, before, least] = [0, 0, Infinity];
  for (const { at, cost } of log) {
    const sustained = (rate * at) / 1000;
    least = Math.min(least, before - sustained);
    before += cost;
    most = Math.max(most, before - sustained - least);
  }
  return most;
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const stop = new AbortController();
  const { signal } = stop;
  const exited = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`A process exited with ${String(code)} before it reported.`);
  });
  try {
    const [message] = (await Promise.race([once(child, "message", { signal }), exited])) as [unknown];
    return message;
  } finally {
    exited.catch(() => {});
    stop.abort();
  }
}

interface PaceLimits extends Limits {
  readonly rate: number;
  readonly burst: number;
}

function expectWithin(log: readonly Admissions[], { rate, burst }: PaceLimits): void {
  expect(log.length).toBeGreaterThan(0);
  expect(mostInASecond(log)).toBeLessThanOrEqual(burst);
  expect(mostBeyondRate(log, rate)).toBeLessThanOrEqual(burst);
}

/** Expects at least 99 % of what the limits allow. */
function expectUsed(log: readonly Admissions[], { rate, burst }: PaceLimits): void {
  const seconds = ((log.at(-1)?.at ?? 0) - (log[0]?.at ?? 0)) / 1000;
  const admitted = log.reduce((sum, { cost }) => sum + cost, 0);
  expect(admitted).toBeGreaterThanOrEqual(0.99 * (burst + rate * seconds));
}

describe("four processes that send more requests than the limits allow", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  const worker = fileURLToPath(new URL("../fixtures/hammer.mjs", import.meta.url));
  async function hammer(
    requests: readonly (readonly Charge[])[],
    ms: number,
    skewsMs: readonly number[] = [0, 0, 0, 0],
  ): Promise<ProcessReport[]> {
    await server.command("FLUSHALL");
    const children = skewsMs.map((skewMs) =>
      fork(worker, [server.url, JSON.stringify(requests), String(ms), String(skewMs)]),
    );
    // None begins before all have started.
    await Promise.all(children.map(nextMessage));
    return Promise.all(
      children.map((child) => {
        child.send("go");
        return nextMessage(child) as Promise<ProcessReport>;
      }),
    );
  }

  for (const [name, skewsMs] of [
    ["one clock", [0, 0, 0, 0]],
    ["clocks that differ by hours", [0, HOUR_MS, -HOUR_MS, 2 * HOUR_MS]],
  ] as const) {
    it(
      `are admitted at least 99 % of a key's limits, and nothing more, with ${name}`,
      { timeout: 60_000 },
      async () => {
        const limits = { rate: 200, burst: 500, hourly: daily, daily };
        const log = mergedLog(await hammer([[{ subject: "key", limits, cost: 1 }]], 5000, skewsMs), "key");
        expectWithin(log, limits);
        expectUsed(log, limits);
      },
    );
  }

  it(
    "are admitted at least 99 % of two owners' limits, and nothing more of their keys' and budgets'",
    { timeout: 60_000 },
    async () => {
      const line = { rate: 100, burst: 150, daily };
      const owner = { rate: 200, burst: 300, daily };
      const search = { rate: 20, burst: 40, daily };
      const subjectsOf = (id: string) => ({
        owner: `o:${id}`,
        search: `o:${id}|b:search`,
        lines: [1, 2, 3].map((key) => `o:${id}|k:${key}`),
      });
      const owners = ["acme", "globex"].map(subjectsOf);
      const requests = owners.flatMap((subjects) =>
        subjects.lines.flatMap((subject): Charge[][] => {
          const charges: Charge[] = [
            { subject, limits: line, cost: 1 },
            { subject: subjects.owner, limits: owner, cost: 1, name: "owner" },
          ];
          return [
            charges,
            [...charges, { subject: subjects.search, limits: search, cost: 2, name: "search" }],
          ];
        }),
      );
      const reports = await hammer(requests, 10_000);
      for (const subjects of owners) {
        expectWithin(mergedLog(reports, subjects.owner), owner);
        expectUsed(mergedLog(reports, subjects.owner), owner);
        expectWithin(mergedLog(reports, subjects.search), search);
        for (const subject of subjects.lines) expectWithin(mergedLog(reports, subject), line);
        const ofLines = subjects.lines.reduce((sum, subject) => sum + totalOf(reports, subject), 0);
        expect(ofLines).toBe(totalOf(reports, subjects.owner));
      }
    },
  );

  it("share a daily quota, and are admitted nothing more", { timeout: 60_000 }, async () => {
    const limits = { rate: 5000, burst: 5000, daily: 2000 };
    const reports = await hammer([[{ subject: "key", limits, cost: 1 }]], 1500);
    expect(totalOf(reports, "key")).toBe(2000);
  });

  it(
    "compete for the last request of an owner: one of two keys is admitted",
    { timeout: 60_000 },
    async () => {
      const limits = { rate: 1000, burst: 1000, daily: 500 };
      const requests = ["o:acme|k:1", "o:acme|k:2"].map((subject): Charge[] => [
        { subject, limits, cost: 1 },
        { subject: "o:acme", limits: { monthly: 1 }, cost: 1, name: "owner" },
      ]);
      const reports = await hammer(requests, 1000);
      expect(totalOf(reports, "o:acme")).toBe(1);
      expect(totalOf(reports, "o:acme|k:1") + totalOf(reports, "o:acme|k:2")).toBe(1);
    },
  );
});
