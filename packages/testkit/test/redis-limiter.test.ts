import { redisLimiter } from "@keyward/core/redis";
import { startRedis, type RedisServer } from "@keyward/test-servers";
import { testLimiter } from "@keyward/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, it } from "vitest";

let server: RedisServer;
let client: Redis;
let made = 0;

beforeAll(async () => {
  server = await startRedis();
  client = new Redis(server.url);
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

testLimiter(
  { describe, it },
  {
    name: "Redis",
    create: (clock) =>
      redisLimiter({ client, clock, prefix: `${(made += 1)}:`, timeoutMs: 5000, onUnavailable: "refuse" }),
    runs: 1000,
    remembers: "admissions",
  },
);
