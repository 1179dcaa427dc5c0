import type { Limiter } from "@keyward/core";
import { UsageError } from "../command-error.ts";

/** Time-out of a command's calls to Redis. */
const TIMEOUT_MS = 3000;

/**
 * Opens the counters that the application has in Redis.
 *
 * @throws UsageError for a malformed URL
 */
export async function openRedisLimiter(url: string, prefix: string | undefined): Promise<Limiter> {
  // Loaded only where it is needed, because loading takes time.
  const [{ redisLimiter }, { Redis }] = await Promise.all([import("@keyward/core/redis"), import("ioredis")]);
  let client: InstanceType<typeof Redis>;
  try {
    client = new Redis(url, { lazyConnect: true });
  } catch {
    // The error of the client contains the URL, and so the password.
    throw new UsageError("REDIS_URL must be a URL such as redis://user:password@host:6379.");
  }
  return redisLimiter({
    client,
    timeoutMs: TIMEOUT_MS,
    // Counts of this process alone would be wrong.
    onUnavailable: "refuse",
    ...(prefix !== undefined && { prefix }),
  });
}
