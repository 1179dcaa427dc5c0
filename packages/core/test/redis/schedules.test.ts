import { setTimeout as sleep } from "node:timers/promises";
import { startRedis, type RedisServer } from "@keyward/test-servers";
import { describe, expect, it } from "vitest";
import type { Limits } from "../../src/index.ts";
import { redisLimiter } from "../../src/redis/index.ts";
import { singleClients, type UserClient } from "./clients.ts";
import { longestWait, startLoad } from "./load.ts";

/** 20 in every run; `npm run test:faults` runs 200. */
const SCHEDULES = Number(process.env["FAULT_SCHEDULES"] ?? 20);
/** Printed when a schedule fails; set it to run that one again. */
const SEED = process.env["FAULT_SEED"];

const LIMITS = { rate: 100, burst: 200, daily: 1_000_000 } satisfies Limits;
const TIMEOUT_MS = 100;
const SLACK_MS = 50;
const SUBJECTS = 4;
const PER_SECOND = 1000;

/** mulberry32: small, and the same on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const faults: Readonly<Record<string, (server: RedisServer, ms: number) => Promise<unknown>>> = {
  async kill(server, ms) {
    await server.kill();
    await sleep(ms);
    await server.restart();
  },
  async stop(server, ms) {
    server.pause();
    await sleep(ms);
    server.resume();
  },
  "flush scripts": (server) => server.command("SCRIPT", "FLUSH"),
  "flush data": (server) => server.command("FLUSHALL"),
};

async function play(seed: number): Promise<void> {
  const random = randomFrom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const server = await startRedis();
  const connect = pick(Object.values(singleClients));
  const user: UserClient = await connect(server.url);
  const limiter = redisLimiter({ client: user.client, timeoutMs: TIMEOUT_MS, initialShare: 1 });
  const startedAt = performance.now();
  const load = startLoad(limiter, { perSecond: PER_SECOND, subjects: SUBJECTS, limits: LIMITS });
  try {
    const count = 2 + Math.floor(random() * 4);
    for (let fault = 0; fault < count; fault += 1) {
      await sleep(random() * 300);
      await faults[pick(Object.keys(faults))]?.(server, random() * 400);
    }
    await expect.poll(() => limiter.status?.(), { timeout: 1000 }).toBe("ok");
    await sleep(100);
    await load.stop();
    const seconds = (performance.now() - startedAt) / 1000;

    expect(load.answered.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(longestWait(load)).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    // Each fault may lose the data, and have this process count for itself in between.
    const windows = 1 + 2 * count;
    for (let subject = 0; subject < SUBJECTS; subject += 1) {
      const asked = load.answered.filter((each) => each.subject === `subject ${subject}`);
      const admitted = asked.filter(({ allowed }) => allowed);
      expect(admitted.length).toBeLessThanOrEqual(windows * LIMITS.burst + LIMITS.rate * seconds);
      expect(admitted.length).toBeGreaterThanOrEqual(Math.min(asked.length, LIMITS.burst));
    }
    const keys = (await server.command("KEYS", "*"))
      .split("\r\n")
      .filter((line) => line.startsWith("keyward:"));
    // A key that has just expired has -2; one that never would has -1.
    for (const key of keys) expect(Number((await server.command("TTL", key)).slice(1)), key).not.toBe(-1);
  } catch (error) {
    throw new Error(`FAULT_SEED=${seed} replays this schedule.`, { cause: error });
  } finally {
    await load.stop();
    await limiter.close();
    user.close();
    await server.stop();
  }
}

describe("random fault schedules", () => {
  const first = SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(SEED);
  const seeds = Array.from({ length: SEED === undefined ? SCHEDULES : 1 }, (_, index) => first + index);
  for (const seed of seeds) {
    it(`seed ${seed}`, { timeout: 30_000 }, () => expect(play(seed)).resolves.toBeUndefined());
  }
});
