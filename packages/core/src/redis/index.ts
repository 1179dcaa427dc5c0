export { redisLimiter } from "./limiter.ts";
export type { OnUnavailable, RedisLimiterOptions } from "./options.ts";
export { redisChanges, type RedisChangesOptions } from "./changes.ts";
export type { RedisClient } from "./client.ts";
export type { IoredisClient } from "./ioredis.ts";
export type { NodeRedisClient } from "./node-redis.ts";
