import { memoryLimiter, type Limiter } from "@keyward/core";
import { redisLimiter } from "@keyward/core/redis";
import { Redis } from "ioredis";

/**
 * Limits are counted in Redis if there is one, so that all processes of the API share them; else in this
 * process. While Redis does not respond, this process counts locally.
 */
export function limiterFor(redisUrl: string | undefined): Limiter {
  if (redisUrl === undefined) return memoryLimiter();
  // The limiter takes the client's options and connects on its own, so this one need not.
  return redisLimiter({ client: new Redis(redisUrl, { lazyConnect: true }) });
}
