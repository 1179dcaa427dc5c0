import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startRedis, type RedisServer } from "@keyward/test-servers";
import { describe, expect, it } from "vitest";
import type { Limits } from "../../src/index.ts";
import type { Charge } from "../../src/limits/limiter.ts";

const WORKER = fileURLToPath(new URL("../fixtures/outage-worker.mjs", import.meta.url));
const PROCESSES = 4;
const TIMEOUT_MS = 100;
/** Longest delay between a decision and its log line on a machine that is not busy. */
const LOGGED_LATE_MS = 100;
/** Redis fails once, and is back once. */
const CHANGES = 2;

const OWNER = { rate: 200, burst: 300, daily: 3000 } satisfies Limits;
const LINE = { rate: 120, burst: 200, daily: 100_000 } satisfies Limits;
const SEARCH = { rate: 20, burst: 40, daily: 100_000 } satisfies Limits;
const LIMITS: Readonly<
  Record<string, Limits & { readonly rate: number; readonly burst: number; readonly daily: number }>
> = {
  "o:acme": OWNER,
  "o:acme|k:1": LINE,
  "o:acme|k:2": LINE,
  "o:acme|b:search": SEARCH,
};
const chargeOf = (subject: string, name?: string): Charge => ({
  subject,
  limits: LIMITS[subject] as Limits,
  cost: 1,
  name,
});
const REQUESTS = ["o:acme|k:1", "o:acme|k:2"].flatMap((line) => {
  const charges = [chargeOf(line), chargeOf("o:acme", "owner")];
  return [charges, charges, [...charges, chargeOf("o:acme|b:search", "search")]];
});

interface OutageReport {
  readonly admitted: readonly (readonly [at: number, index: number])[];
  readonly statuses: readonly string[];
  /** The longest that the process did not run. */
  readonly stalledMs: number;
}

/** Has four processes send requests while Redis fails. */
async function play(
  server: RedisServer,
  client: string,
  fail: (server: RedisServer) => Promise<void>,
): Promise<OutageReport[]> {
  const children = Array.from({ length: PROCESSES }, () =>
    fork(WORKER, [server.url, client, JSON.stringify(REQUESTS), "150"]),
  );
  await Promise.all(children.map((child) => once(child, "message")));
  for (const child of children) child.send("go");
  await fail(server);
  return Promise.all(
    children.map(async (child) => {
      child.send("stop");
      const [report] = (await once(child, "message")) as [OutageReport];
      return report;
    }),
  );
}

/** Times at which all processes admitted requests that charge a subject. */
function mergedLog(reports: readonly OutageReport[], subject: string): number[] {
  return reports
    .flatMap(({ admitted }) => admitted)
    .filter(([, index]) => REQUESTS[index]?.some((charge) => charge.subject === subject))
    .map(([at]) => at)
    .toSorted((one, other) => one - other);
}

/** The most in any window of so many milliseconds. */
function mostWithin(log: readonly number[], ms: number): number {
  let [most, oldest] = [0, 0];
  for (const [index, at] of log.entries()) {
    while ((log[oldest] as number) <= at - ms) oldest += 1;
    most = Math.max(most, index - oldest + 1);
  }
  return most;
}

/** The most that any interval admitted in addition to its length times the rate. */
function mostBeyondRate(log: readonly number[], rate: number): number {
  let [most, least] = [0, Infinity];
  for (const [index, at] of log.entries()) {
    const sustained = (rate * at) / 1000;
    least = Math.min(least, index - sustained);
    most = Math.max(most, index + 1 - sustained - least);
  }
  return most;
}

/**
 * At each change of sides, processes may admit requests for one time-out that the other side has not counted. Where one lost Redis more often
 * than the others, its part of the limits may be admitted in addition.
 *
 * @param losesTogether all processes lose Redis, once and at one time
 */
function expectWithin(reports: readonly OutageReport[], losesTogether: boolean): void {
  const lateMs = Math.max(LOGGED_LATE_MS, ...reports.map(({ stalledMs }) => stalledMs));
  // On a machine too busy to respond within the time-out, processes lose Redis one by one.
  const isBusy = lateMs > TIMEOUT_MS + LOGGED_LATE_MS;
  const more = reports.map(({ statuses }) => Math.max(0, statuses.length - CHANGES) / 2);
  const alone = isBusy || !losesTogether ? PROCESSES : more.reduce((sum, times) => sum + times, 0);
  for (const [subject, { rate, burst, daily }] of Object.entries(LIMITS)) {
    const log = mergedLog(reports, subject);
    const perChange = Math.ceil((rate * TIMEOUT_MS) / 1000);
    const excess = CHANGES * perChange + (alone * burst) / PROCESSES;
    const found = {
      subject,
      total: log.length,
      window: mostWithin(log, 1000 - lateMs),
      beyondRate: mostBeyondRate(log, rate),
      lateMs,
      alone,
    };
    const details = JSON.stringify(found);
    expect(log.length, details).toBeGreaterThan(burst);
    expect(found.window, details).toBeLessThanOrEqual(burst + excess);
    const seconds = ((log.at(-1) ?? 0) - (log[0] ?? 0)) / 1000;
    const byParts = (alone * rate * seconds) / PROCESSES;
    expect(found.beyondRate, details).toBeLessThanOrEqual(burst + excess + byParts + (rate * lateMs) / 1000);
    expect(log.length, details).toBeLessThanOrEqual(daily + excess);
  }
}

interface Outage {
  /** All processes lose Redis, once and at one time. */
  readonly losesTogether?: boolean;
  readonly redis?: Readonly<Record<string, string>>;
}

describe.each(["ioredis", "node-redis"])("four processes that share limits, with %s,", (client) => {
  const outage = (
    title: string,
    fail: (server: RedisServer) => Promise<void>,
    { losesTogether = true, redis = {} }: Outage = {},
  ) =>
    it(title, { timeout: 90_000 }, async () => {
      const server = await startRedis(redis);
      try {
        expectWithin(await play(server, client, fail), losesTogether);
      } finally {
        await server.stop();
      }
    });

  outage("keep them while Redis is killed for 3 s and loses its data", async (server) => {
    await sleep(2000);
    await server.kill();
    await sleep(3000);
    await server.restart();
    await sleep(5000);
  });

  outage("keep them while Redis hangs for 3 s", async (server) => {
    await sleep(2000);
    server.pause();
    await sleep(3000);
    server.resume();
    await sleep(5000);
  });

  outage(
    "admit at most their parts in addition while connections are cut every 400 ms",
    async (server) => {
      await sleep(2000);
      for (let times = 0; times < 10; times += 1) {
        await server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        await sleep(400);
      }
      await sleep(4000);
    },
    { losesTogether: false },
  );

  outage(
    "keep a day's quota while Redis is killed and comes back with its data",
    async (server) => {
      await sleep(5000);
      await server.kill();
      await sleep(3000);
      await server.restart();
      await sleep(12_000);
    },
    { redis: { appendonly: "yes", appendfsync: "always" } },
  );
});
