import type { KeyChanges } from "../limits/limiter.ts";
import { warn } from "../warn.ts";
import type { RedisConnection } from "./connection.ts";

/**
 * Announces changed keys over Redis's pub/sub. Redis does not keep messages, so that any may have been missed each time
 * a connection is made.
 */
export function redisChanges(connection: RedisConnection, channel: string): KeyChanges {
  let hasWarned = false;
  // What is lost is noticed by other processes when their cache entry of the key expires.
  function noteFailure(error: unknown): void {
    if (hasWarned || !isDenied(error)) return;
    hasWarned = true;
    warn(
      "KEYWARD_REDIS_CHANNEL",
      `The Redis user may not use the channel "${channel}". A key that another process revokes is admitted until its cache entry expires. Allow the channel: ACL SETUSER <user> &${channel}`,
    );
  }
  return {
    publish(keyId) {
      connection.publish(channel, keyId).catch(noteFailure);
    },
    watch: (changed) =>
      connection.subscribe(channel, {
        received: changed,
        missed: () => changed(undefined),
        refused: noteFailure,
      }),
  };
}

/** Whether the server's access control list forbids it. Since Redis 7 a new user may use no channel. */
function isDenied(error: unknown): boolean {
  return error instanceof Error && /^NOPERM\b/.test(error.message);
}
