import type { KeyChanges } from "../limits/limiter.ts";
import type { RedisConnection } from "./connection.ts";

/**
 * Word of changed keys over Redis's pub/sub, which forgets whoever is not listening: each time a connection is made
 * anew, anything may have been missed.
 */
export function redisChanges(connection: RedisConnection, channel: string): KeyChanges {
  return {
    publish(keyId) {
      // If it is lost, the others notice when what they hold of the key has lived out its time.
      connection.publish(channel, keyId).catch(() => {});
    },
    watch: (changed) => connection.subscribe(channel, changed, () => changed(undefined)),
  };
}
