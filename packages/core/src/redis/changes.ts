import { KeywardError } from "../errors.ts";
import type { ChangeFeed } from "../keys/change-feed.ts";
import type { StoreChange } from "../store/key-store.ts";
import { warn } from "../warn.ts";
import { connect, type RedisClient } from "./client.ts";

/** Options of `redisChanges()`. */
export interface RedisChangesOptions {
  /** As for `redisLimiter()`: its options are used for separate connections. */
  readonly client: RedisClient;
  /** Prefix of the channel's name, before `changes`. Default: `keyward:`. */
  readonly prefix?: string | undefined;
}

/**
 * Announces changed keys and owners over Redis's pub/sub. Redis does not keep messages, so that any may have been missed each time a
 * connection is made.
 *
 * @throws KeywardError `invalid-option`
 *
 * @example
 * ```ts
 * const kw = createKeyward({ secret, store, limiter: redisLimiter({ client }), changes: redisChanges({ client }) });
 * ```
 */
export function redisChanges({ client, prefix = "keyward:" }: RedisChangesOptions): ChangeFeed {
  if (typeof prefix !== "string") {
    throw new KeywardError("invalid-option", `redisChanges prefix must be a string; got ${typeof prefix}.`);
  }
  const connection = connect(client);
  const channel = `${prefix}changes`;
  let hasWarned = false;
  // Other processes notice a lost message when their cache entry of the key expires.
  function noteFailure(error: unknown): void {
    if (hasWarned || !isDenied(error)) return;
    hasWarned = true;
    warn(
      "KEYWARD_REDIS_CHANNEL",
      `The Redis user may not use the channel "${channel}". A key that another process revokes is admitted until its cache entry expires. Allow the channel: ACL SETUSER <user> &${channel}`,
    );
  }
  return {
    publish(change) {
      connection.publish(channel, JSON.stringify(change)).catch(noteFailure);
    },
    watch: (changed) =>
      connection.subscribe(channel, {
        received: (message) => changed(parseChange(message)),
        missed: () => changed(undefined),
        refused: noteFailure,
      }),
    async close() {
      connection.close();
    },
  };
}

/** The change in a message; `undefined`, which stands for any change, if another version of Keyward wrote it in another form. */
function parseChange(message: string): StoreChange | undefined {
  try {
    const change: unknown = JSON.parse(message);
    return typeof change === "object" && change !== null ? change : undefined;
  } catch {
    return undefined;
  }
}

/** True if the server's access control list forbids it. Since Redis 7 a new user may use no channel. */
function isDenied(error: unknown): boolean {
  return error instanceof Error && /^NOPERM\b/.test(error.message);
}
