import { setTimeout as sleep } from "node:timers/promises";
import { startRedis, type RedisServer } from "@keyward/test-servers";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createKeyward,
  memoryStore,
  type AdmissionRequest,
  type Keyward,
  type Store,
} from "../../src/index.ts";
import { redisChanges, redisLimiter } from "../../src/redis/index.ts";

const SECRET = "a secret of this test, of more than 32 bytes";

let server: RedisServer;
let client: Redis;
let servers: Keyward[];

beforeAll(async () => {
  server = await startRedis();
  client = new Redis(server.url);
  client.on("error", () => {});
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await client.flushall();
  servers = [];
});
afterEach(() => Promise.all(servers.map((kw) => kw.close())));

/** One of several processes over the same keys and the same Redis. */
function process(store: Store, options: object = {}): Keyward {
  const limiter = redisLimiter({ client, timeoutMs: 1000, ...options });
  const kw = createKeyward({ secret: SECRET, store, limiter, changes: redisChanges({ client }) });
  servers.push(kw);
  return kw;
}

const request = (key: string): AdmissionRequest => ({ header: () => key, secure: true, ip: "203.0.113.1" });

describe("two processes over one Redis", () => {
  it("count together, and report the same counts", async () => {
    const store = memoryStore();
    const [one, two] = [process(store), process(store)];
    const { key, secret } = await one.keys.create({ name: "shared" });
    const decisions = await Promise.all(
      Array.from({ length: 600 }, async (_, index) =>
        (index % 2 === 0 ? one : two).admit(request(secret.reveal())),
      ),
    );
    expect(decisions.filter(({ admitted }) => admitted)).toHaveLength(500);
    for (const kw of [one, two]) expect((await kw.quota(key)).remaining["daily"]).toBe(1500);
    await Promise.all(servers.map((kw) => kw.close()));
    const rows = await process(store).usage.query({
      keyId: key.id,
      from: new Date(Date.now() - 3_600_000),
      to: new Date(Date.now() + 3_600_000),
      per: "day",
    });
    expect(rows.reduce((sum, { admitted }) => sum + admitted, 0)).toBe(500);
  });

  it("notice a revocation and changed limits of the other within a second", async () => {
    const store = memoryStore();
    const [one, two] = [process(store), process(store)];
    const { key, secret } = await one.keys.create({ name: "shared" });
    expect(await two.admit(request(secret.reveal()))).toMatchObject({ admitted: true });
    // Until the other's subscription has begun.
    await sleep(200);
    await one.keys.update(key.id, { limits: { rate: 1, burst: 2, daily: 3 } });
    await expect
      .poll(async () => (await two.admit(request(secret.reveal()))).headers["RateLimit-Policy"], {
        timeout: 1000,
      })
      .toContain('"burst";q=2;');
    await one.keys.revoke(key.id);
    await expect
      .poll(async () => await two.admit(request(secret.reveal())), { timeout: 1000 })
      .toMatchObject({ admitted: false, problem: { code: "revoked-api-key" } });
  });

  it("notice a revocation that happened while Redis was down as soon as it is back", async () => {
    const store = memoryStore();
    const [one, two] = [process(store), process(store)];
    const { key, secret } = await one.keys.create({ name: "shared" });
    await two.admit(request(secret.reveal()));
    await sleep(200);
    // Its subscription has begun, and it has the key in its cache again.
    await two.admit(request(secret.reveal()));
    await server.kill();
    await one.keys.revoke(key.id);
    expect(await two.admit(request(secret.reveal()))).toMatchObject({ admitted: true });
    await server.restart();
    await expect
      .poll(async () => await two.admit(request(secret.reveal())), { timeout: 1500 })
      .toMatchObject({ admitted: false, problem: { code: "revoked-api-key" } });
  });
});

describe("when Redis is unavailable", () => {
  it("reports it in events and health, and its return", async () => {
    const kw = process(memoryStore(), { timeoutMs: 100 });
    const channels: string[] = [];
    kw.events.on("limiter.degraded", ({ error }) => channels.push(`degraded: ${String(error).slice(0, 5)}`));
    kw.events.on("limiter.recovered", ({ forMs }) => channels.push(`recovered: ${forMs > 0}`));
    expect(await kw.health()).toEqual({ status: "ok", store: "ok", limiter: "ok", reasons: {} });
    const keys = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => (await kw.keys.create({ name: `${index}` })).secret),
    );
    for (const secret of keys) await kw.admit(request(secret.reveal()));
    await server.kill();
    for (const secret of keys) {
      expect(await kw.admit(request(secret.reveal()))).toMatchObject({ admitted: true });
    }
    await expect
      .poll(() => kw.health())
      .toMatchObject({
        status: "degraded",
        store: "ok",
        limiter: "degraded",
        reasons: { limiter: { code: "limiter-unavailable", since: expect.any(Date) } },
      });
    await server.restart();
    await expect.poll(() => kw.health(), { timeout: 1500 }).toMatchObject({ status: "ok", limiter: "ok" });
    expect(channels).toEqual(["degraded: Error", "recovered: true"]);
  });

  it('responds with 503 and Retry-After if onUnavailable is "refuse"', async () => {
    const kw = process(memoryStore(), { timeoutMs: 100, onUnavailable: "refuse" });
    const { secret } = await kw.keys.create({ name: "any" });
    await server.kill();
    try {
      expect(await kw.admit(request(secret.reveal()))).toMatchObject({
        admitted: false,
        status: 503,
        problem: { code: "limiter-unavailable" },
        headers: { "Retry-After": "1" },
      });
    } finally {
      await server.restart();
    }
  });
});
