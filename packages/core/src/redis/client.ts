import { rejectOption } from "../option-error.ts";
import { RedisConnection } from "./connection.ts";
import { ioredisDriver, type IoredisClient } from "./ioredis.ts";
import { nodeRedisDriver, type NodeRedisClient } from "./node-redis.ts";

/** A client of ioredis or of node-redis. */
export type RedisClient = IoredisClient | NodeRedisClient;

function has<Name extends string>(value: unknown, name: Name): value is Record<Name, unknown> {
  return (typeof value === "object" || typeof value === "function") && value !== null && name in value;
}

/** Connects with the options of the given client. The client's kind is recognized by a method that only it has. */
export function connect(client: unknown): RedisConnection {
  if (has(client, "duplicate") && typeof client.duplicate === "function") {
    if (has(client, "evalSha") && typeof client.evalSha === "function") {
      return new RedisConnection(nodeRedisDriver(client as NodeRedisClient));
    }
    if (has(client, "evalsha") && typeof client.evalsha === "function") {
      return new RedisConnection(ioredisDriver(client as IoredisClient));
    }
  }
  return rejectOption(
    "redisLimiter client",
    client,
    "a client of ioredis (new Redis(), new Cluster()) or of node-redis (createClient(), createCluster())",
  );
}
