import { setTimeout as sleep } from "node:timers/promises";
import { startRedisCluster, type RedisCluster } from "@keyward/test-servers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Limits } from "../../src/index.ts";
import { redisLimiter } from "../../src/redis/index.ts";
import { clusterClients } from "./clients.ts";
import { longestWait, startLoad } from "./load.ts";

const PLENTY = { rate: 100_000, burst: 1_000_000, daily: 1_000_000_000 } satisfies Limits;
const TIMEOUT_MS = 100;
const SLACK_MS = 50;

describe.each(Object.entries(clusterClients))("a cluster under load, with %s", (_name, connect) => {
  let cluster: RedisCluster;
  beforeEach(async () => {
    cluster = await startRedisCluster();
  }, 30_000);
  afterEach(() => cluster.stop());

  it("a slot moves, and the counts with it", { timeout: 20_000 }, async () => {
    const user = await connect(cluster.nodes.map(({ port }) => port));
    const limiter = redisLimiter({ client: user.client, timeoutMs: 2000, onUnavailable: "refuse" });
    const load = startLoad(limiter, { perSecond: 200, subjects: 1, limits: PLENTY });
    await sleep(300);
    const reply = await cluster.nodes[0]?.command("CLUSTER", "KEYSLOT", "keyward:3:{subject 0}");
    const slot = Number(reply?.slice(1));
    const owner = await cluster.ownerOf(slot);
    const other = cluster.nodes.find((node) => node !== owner) as typeof owner;
    await cluster.migrate(slot, other, () => sleep(200));
    await sleep(300);
    await load.stop();
    expect(load.answered.filter(({ error }) => error !== undefined)).toEqual([]);
    const { remaining } = await limiter.peek("subject 0", PLENTY);
    expect(PLENTY.daily - (remaining["daily"] ?? 0)).toBe(load.answered.length);
    await limiter.close();
    user.close();
  });

  it("a node is killed: counts its keys locally and the others in Redis", { timeout: 20_000 }, async () => {
    const user = await connect(cluster.nodes.map(({ port }) => port));
    const limiter = redisLimiter({ client: user.client, timeoutMs: TIMEOUT_MS, initialShare: 1 });
    const load = startLoad(limiter, { perSecond: 200, subjects: 30, limits: PLENTY });
    await sleep(500);
    await cluster.nodes[1]?.kill();
    await sleep(3000);
    await load.stop();
    expect(load.answered.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(load.answered.every(({ allowed }) => allowed)).toBe(true);
    expect(longestWait(load)).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    await limiter.close();
    user.close();
  });
});
