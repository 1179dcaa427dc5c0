import { Redis } from "ioredis";
import { checkClock } from "./clock.ts";
import { ok, problem, warning, type Finding } from "./finding.ts";

const TIMEOUT_MS = 3000;

/** Does Redis answer and accept writes, does it keep what it is given, and does its clock agree? */
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
    // What the client throws contains the URL, and with it the password.
    return [
      problem(
        "redis",
        "REDIS_URL is not a URL",
        "set it to redis://user:password@host:6379, with special characters in the password percent-encoded",
      ),
    ];
  }
  // What goes wrong is told by the command that it goes wrong with.
  redis.on("error", () => {});
  try {
    await redis.connect();
    const startedAt = Date.now();
    const [seconds, microseconds] = await redis.time();
    const endedAt = Date.now();
    const aheadMs = Number(seconds) * 1000 + Number(microseconds) / 1000 - (startedAt + endedAt) / 2;
    return [
      ok("redis", `answers, in ${endedAt - startedAt} ms`),
      checkRole(await redis.info("replication")),
      await checkEviction(redis),
      checkClock("Redis", aheadMs),
    ];
  } catch (error) {
    // ioredis says only "Connection is closed" of what went wrong before; neither repeats the password.
    const what = `does not answer: ${error instanceof Error ? error.message : String(error)}`;
    return [problem("redis", what, "check REDIS_URL; until it answers each process counts for itself")];
  } finally {
    redis.disconnect();
  }
}

function checkRole(replication: string): Finding {
  return /^role:master/m.test(replication)
    ? ok("redis", "is a primary, which can be written")
    : problem(
        "redis",
        "is a replica, which cannot be written",
        "set REDIS_URL to the primary, or use Sentinel",
      );
}

async function checkEviction(redis: Redis): Promise<Finding> {
  let policy: string | undefined;
  try {
    [, policy] = (await redis.config("GET", "maxmemory-policy")) as [string, string];
  } catch {
    // Hosted ones often allow no CONFIG.
    return warning("redis", "does not tell its maxmemory-policy", "see to it that it is noeviction");
  }
  if (policy === undefined || policy === "noeviction") return ok("redis", "evicts nothing");
  return warning(
    "redis",
    `its maxmemory-policy is ${policy}: it may throw counters away, which starts limits afresh`,
    "set maxmemory-policy noeviction, or use a Redis of its own for limits",
  );
}
