import { warn } from "../warn.ts";
import type { RedisConnection } from "./connection.ts";

/** Warns of a Redis that may throw counters away to make room: a key whose state is gone starts again from 0. */
export async function warnOfEviction(connection: RedisConnection): Promise<void> {
  const report = await connection.info().catch(() => "");
  const policy = /^maxmemory_policy:(\S+)/m.exec(String(report))?.[1];
  if (policy === undefined || policy === "noeviction") return;
  warn(
    "KEYWARD_REDIS_EVICTION",
    `Redis has maxmemory-policy ${policy}: when it is full it evicts counters, and limits start again from 0. ` +
      "Set it to noeviction, or give Keyward a separate Redis.",
  );
}
