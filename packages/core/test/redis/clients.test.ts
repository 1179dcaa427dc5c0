import { startRedis, startRedisCluster, type RedisCluster, type RedisServer } from "@keyward/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Limiter, Limits } from "../../src/index.ts";
import { redisLimiter } from "../../src/redis/index.ts";
import { clusterClients, singleClients, type UserClient } from "./clients.ts";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };
const TIMEOUT_MS = 2000;

/** What a limiter does with any client: once for all of them. */
function testClient(connect: () => Promise<UserClient>, flushScripts: () => Promise<unknown>): void {
  let user: UserClient;
  let limiter: Limiter;

  beforeAll(async () => {
    user = await connect();
    limiter = redisLimiter({ client: user.client, timeoutMs: TIMEOUT_MS, onUnavailable: "refuse" });
  });
  afterAll(async () => {
    await limiter.close();
    user.close();
  });

  const ask = (subject: string, times: number) =>
    Promise.all(Array.from({ length: times }, () => limiter.consume(subject, LIMITS, 1)));

  it("admits 500 of 600 at once and tells the others when to come back", async () => {
    const results = await ask("burst", 600);
    expect(results.slice(0, 500).every((result) => result.allowed)).toBe(true);
    expect(results[499]?.remaining).toEqual({ sustained: 0, burst: 0, daily: 1500 });
    const refused = results.slice(500);
    expect(refused.every((result) => !result.allowed && result.violated.includes("burst"))).toBe(true);
    expect(refused.every(({ retryAfterMs }) => retryAfterMs > 900 && retryAfterMs <= 1025)).toBe(true);
  });

  it("goes on over subjects that lie on any node, and after the scripts were flushed", async () => {
    for (let round = 0; round < 2; round += 1) {
      const results = await Promise.all(
        Array.from({ length: 100 }, (_, index) => limiter.consume(`subject ${index}`, LIMITS, 1)),
      );
      expect(results.map((result) => result.remaining.daily)).toEqual(Array(100).fill(1999 - round));
      await flushScripts();
    }
  });

  it("looks without counting, gives back and forgets", async () => {
    const before = Date.now();
    await limiter.consume("other", LIMITS, 10);
    expect((await limiter.peek("other", LIMITS)).remaining).toEqual({
      sustained: 200,
      burst: 490,
      daily: 1990,
    });
    await limiter.giveBack?.("other", LIMITS, 4, before);
    expect((await limiter.peek("other", LIMITS)).remaining).toMatchObject({ burst: 494, daily: 1994 });
    await limiter.reset("other");
    expect((await limiter.peek("other", LIMITS)).remaining.daily).toBe(2000);
    expect(limiter.status?.()).toBe("ok");
  });

  it("tells of changed keys, and leaves the user's client open when it closes", async () => {
    const other = redisLimiter({ client: user.client, timeoutMs: TIMEOUT_MS, onUnavailable: "refuse" });
    const heard: (string | undefined)[] = [];
    const stop = other.changes?.watch((keyId) => heard.push(keyId));
    await expect.poll(() => heard.length).toBeGreaterThan(0);
    limiter.changes?.publish("key_1");
    await expect.poll(() => heard, { timeout: 1000 }).toContain("key_1");
    stop?.();
    await other.close();
    await user.ping();
  });
}

describe("one server", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  for (const [name, connect] of Object.entries(singleClients)) {
    describe(name, () => {
      beforeAll(() => server.command("FLUSHALL"));
      testClient(
        () => connect(server.url),
        () => server.command("SCRIPT", "FLUSH"),
      );
    });
  }

  it("leaves no key without an expiry", async () => {
    const keys = (await server.command("KEYS", "keyward:*"))
      .split("\r\n")
      .filter((line) => line.startsWith("keyward:"));
    expect(keys.length).toBeGreaterThan(100);
    for (const key of keys) expect(Number((await server.command("TTL", key)).slice(1))).toBeGreaterThan(0);
  });
});

describe("a cluster of three", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  }, 30_000);
  afterAll(() => cluster.stop());

  for (const [name, connect] of Object.entries(clusterClients)) {
    describe(name, () => {
      beforeAll(() => Promise.all(cluster.nodes.map((node) => node.command("FLUSHALL"))));
      testClient(
        () => connect(cluster.nodes.map((node) => node.port)),
        () => Promise.all(cluster.nodes.map((node) => node.command("SCRIPT", "FLUSH"))),
      );
    });
  }
});
