import { setTimeout as sleep } from "node:timers/promises";
import { startRedisSentinel, type RedisSentinel } from "@keyward/test-servers";
import { Redis as Redis6 } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { createSentinel } from "redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Limits } from "../../src/index.ts";
import { redisLimiter, type RedisClient } from "../../src/redis/index.ts";
import { longestWait, startLoad } from "./load.ts";

const PLENTY: Limits = { rate: 100_000, burst: 1_000_000, daily: 1_000_000_000 };
const TIMEOUT_MS = 100;
const SLACK_MS = 50;

interface SentinelClient {
  readonly client: RedisClient;
  close(): unknown;
}

const clients: Readonly<Record<string, (sentinel: RedisSentinel) => Promise<SentinelClient>>> = {
  "ioredis 6": async ({ port, name }) => {
    const client = new Redis6({ sentinels: [{ host: "127.0.0.1", port }], name });
    client.on("error", () => {});
    return { client, close: () => client.disconnect() };
  },
  "ioredis 5": async ({ port, name }) => {
    const client = new Redis5({ sentinels: [{ host: "127.0.0.1", port }], name });
    client.on("error", () => {});
    return { client, close: () => client.disconnect() };
  },
  "node-redis 6": async ({ port, name }) => {
    const client = createSentinel({ name, sentinelRootNodes: [{ host: "127.0.0.1", port }] });
    client.on("error", () => {});
    await client.connect();
    return { client, close: () => client.destroy() };
  },
};

describe.each(Object.entries(clients))("a failover by a sentinel, with %s", (_name, connect) => {
  let sentinel: RedisSentinel;
  beforeEach(async () => {
    sentinel = await startRedisSentinel();
  }, 40_000);
  afterEach(() => sentinel.stop());

  it("is followed to the new primary", { timeout: 40_000 }, async () => {
    const user = await connect(sentinel);
    const limiter = redisLimiter({ client: user.client, timeoutMs: TIMEOUT_MS, initialShare: 1 });
    const load = startLoad(limiter, { perSecond: 200, subjects: 5, limits: PLENTY });
    try {
      await expect.poll(() => sentinel.first.command("EXISTS", "keyward:3:{subject 0}")).toContain(":1");
      await sentinel.failOver();
      await sentinel.second.command("DEL", "keyward:3:{subject 0}");
      await expect
        .poll(() => sentinel.second.command("EXISTS", "keyward:3:{subject 0}"), { timeout: 5000 })
        .toContain(":1");
      await sleep(1000);
      expect(limiter.status?.()).toBe("ok");
    } finally {
      await load.stop();
      await limiter.close();
      user.close();
    }
    expect(load.answered.filter(({ error, allowed }) => error !== undefined || !allowed)).toEqual([]);
    expect(longestWait(load)).toBeLessThan(TIMEOUT_MS + SLACK_MS);
  });
});
