import { startRedis, startRedisCluster, type RedisCluster, type RedisServer } from "@keyward/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Limiter, Limits } from "../../src/index.ts";
import { redisChanges, redisLimiter } from "../../src/redis/index.ts";
import { clusterClients, singleClients, type UserClient } from "./clients.ts";

const LIMITS: Limits = { rate: 200, burst: 500, daily: 2000 };
const TIMEOUT_MS = 2000;

/** Tests that a limiter works with a client. */
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

  const consume = (subject: string, times: number) =>
    Promise.all(Array.from({ length: times }, () => limiter.consume(subject, LIMITS, 1)));

  it("admits 500 of 600 concurrent requests, and gives the others a waiting time", async () => {
    const results = await consume("burst", 600);
    expect(results.slice(0, 500).every((result) => result.allowed)).toBe(true);
    expect(results[499]?.remaining).toEqual({ sustained: 0, burst: 0, daily: 1500 });
    const refused = results.slice(500);
    expect(refused.every((result) => !result.allowed && result.violated.includes("burst"))).toBe(true);
    expect(refused.every(({ retryAfterMs }) => retryAfterMs > 900 && retryAfterMs <= 1025)).toBe(true);
  });

  it("decides about subjects on every node, also after SCRIPT FLUSH", async () => {
    for (let round = 0; round < 2; round += 1) {
      const results = await Promise.all(
        Array.from({ length: 100 }, (_, index) => limiter.consume(`subject ${index}`, LIMITS, 1)),
      );
      expect(results.map((result) => result.remaining["daily"])).toEqual(Array(100).fill(1999 - round));
      await flushScripts();
    }
  });

  it("charges several subjects at once, whichever characters their hash tag has", async () => {
    for (const tag of ["o:acme", "a{b}c", "}{", "{}", "\\(", ""]) {
      const charges = ["", "|k:1", "|b:{x}"].map((rest) => ({
        subject: `${tag}${rest}`,
        limits: LIMITS,
        cost: 400,
      }));
      const results = [await limiter.consumeAll?.(charges), await limiter.consumeAll?.(charges.toReversed())];
      expect(results.map((result) => result?.allowed)).toEqual([true, false]);
      expect(results[1]?.results.map(({ remaining }) => remaining["burst"])).toEqual([100, 100, 100]);
    }
  });

  it("peeks without counting, refunds and resets", async () => {
    const charged = await limiter.consume("other", LIMITS, 10);
    expect((await limiter.peek("other", LIMITS)).remaining).toEqual({
      sustained: 200,
      burst: 490,
      daily: 1990,
    });
    await limiter.correct?.([{ subject: "other", limits: LIMITS, cost: -4, charged }]);
    expect((await limiter.peek("other", LIMITS)).remaining).toMatchObject({ burst: 494, daily: 1994 });
    await limiter.reset("other");
    expect((await limiter.peek("other", LIMITS)).remaining["daily"]).toBe(2000);
    expect(limiter.status?.()).toBe("ok");
  });

  it("announces changed keys, and leaves the user's client open when it closes", async () => {
    const [one, other] = [redisChanges({ client: user.client }), redisChanges({ client: user.client })];
    const received: unknown[] = [];
    const stop = other.watch((change) => received.push(change));
    // Before the subscription begins, any key may have changed.
    await expect.poll(() => received).toContain(undefined);
    one.publish({ keyIds: ["key_1"], ownerIds: ["acme"] });
    await expect
      .poll(() => received, { timeout: 1000 })
      .toContainEqual({ keyIds: ["key_1"], ownerIds: ["acme"] });
    stop();
    await Promise.all([one.close(), other.close()]);
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

  it("sets an expiry on every key", async () => {
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
