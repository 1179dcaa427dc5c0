import { startRedis, type RedisServer } from "@keyward/test-servers";
import { Redis } from "ioredis";
import { beforeAll } from "vitest";

/** A redis-server for the tests of a file, and a client of it: both are there once the tests run. */
export function redisForTests(): { readonly server: RedisServer; readonly client: Redis } {
  const given = {} as { server: RedisServer; client: Redis };
  beforeAll(async () => {
    given.server = await startRedis();
    given.client = new Redis(given.server.url);
    return async () => {
      given.client.disconnect();
      await given.server.stop();
    };
  });
  return given;
}
