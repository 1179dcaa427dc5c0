import { Redis } from "ioredis";
import { checkClock } from "./clock.ts";
import { ok, problem, warning, type Finding } from "./finding.ts";

const TIMEOUT_MS = 3000;

/** Checks that Redis responds, accepts writes and evicts nothing, and that its clock agrees with this machine's. */
export async function checkRedis(url: string): Promise<Finding[]> {
  let redis: Redis;
  try {
    redis = new Redis(url, {
      lazyConnect: true,
      connectTimeout: TIMEOUT_MS,
      commandTimeout: TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
  } catch {
    // The error of the client contains the URL, and so the password.
    return [
      problem(
        "redis",
        "REDIS_URL is not a URL",
        "set it to redis://user:password@host:6379, with special characters in the password percent-encoded",
      ),
    ];
  }
  // The command that fails reports the error.
  redis.on("error", () => {});
  try {
    await redis.connect();
    const startedAt = Date.now();
    const [seconds, microseconds] = await redis.time();
    const endedAt = Date.now();
    const aheadMs = Number(seconds) * 1000 + Number(microseconds) / 1000 - (startedAt + endedAt) / 2;
    return [
      ok("redis", `answers in ${endedAt - startedAt} ms`),
      checkRole(await redis.info("replication")),
      await checkEviction(redis),
      checkClock("Redis", aheadMs),
    ];
  } catch (error) {
    // Messages of ioredis do not contain the password.
    const message = `does not respond: ${error instanceof Error ? error.message : String(error)}`;
    return [
      problem("redis", message, "check REDIS_URL; until Redis responds, each process counts on its own"),
    ];
  } finally {
    redis.disconnect();
  }
}

function checkRole(replication: string): Finding {
  return /^role:master/m.test(replication)
    ? ok("redis", "is a primary and accepts writes")
    : problem(
        "redis",
        "is a replica and does not accept writes",
        "set REDIS_URL to the primary, or use Sentinel",
      );
}

async function checkEviction(redis: Redis): Promise<Finding> {
  let policy: string | undefined;
  try {
    [, policy] = (await redis.config("GET", "maxmemory-policy")) as [string, string];
  } catch {
    // Many hosted services do not allow CONFIG.
    return warning("redis", "does not reveal its maxmemory-policy", "make sure that it is noeviction");
  }
  if (policy === undefined || policy === "noeviction") return ok("redis", "evicts nothing");
  return warning(
    "redis",
    `has the maxmemory-policy ${policy}, which may evict counters and so restart limits`,
    "set maxmemory-policy to noeviction, or use a separate Redis for limits",
  );
}
