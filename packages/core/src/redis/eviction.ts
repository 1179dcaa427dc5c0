import { warn } from "../warn.ts";
import type { RedisConnection } from "./connection.ts";

/** Warns of a Redis that may throw counters away to make room: a key whose state is gone starts afresh. */
export async function warnOfEviction(connection: RedisConnection): Promise<void> {
  const report = await connection.info().catch(() => "");
  const policy = /^maxmemory_policy:(\S+)/m.exec(String(report))?.[1];
  if (policy === undefined || policy === "noeviction") return;
  warn(
    "KEYWARD_REDIS_EVICTION",
    `Redis has maxmemory-policy ${policy}: when it is full it drops counters, and limits start afresh. ` +
      "Set it to noeviction, or give Keyward a Redis of its own.",
  );
}
