import { startRedis, type RedisServer } from "@keyward/test-servers";
import { Redis } from "ioredis";
import { beforeAll } from "vitest";

/** A redis-server for the tests of a file, and a client of it: both are there once the tests run. */
export function redisForTests(): { readonly server: RedisServer; readonly client: Redis } {
  const parts = {} as { server: RedisServer; client: Redis };
  beforeAll(async () => {
    parts.server = await startRedis();
    parts.client = new Redis(parts.server.url);
    return async () => {
      parts.client.disconnect();
      await parts.server.stop();
    };
  });
  return parts;
}
