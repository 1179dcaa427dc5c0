import { isReadOnly, reconnectAfterMs, type RedisConnection } from "./connection.ts";

/** An ioredis client, version 5 or 6: `Redis` or `Cluster`. */
export interface IoredisClient {
  evalsha(...args: never[]): unknown;
  duplicate(...args: never[]): unknown;
}

/** The part of ioredis that is used, as it is in both versions and both kinds of client. */
interface Ioredis {
  readonly isCluster?: boolean;
  readonly options?: { readonly redisOptions?: object };
  duplicate(...overrides: unknown[]): Ioredis;
  evalsha(sha: string, keys: number, ...keysAndArgs: string[]): Promise<unknown>;
  eval(source: string, keys: number, ...keysAndArgs: string[]): Promise<unknown>;
  del(key: string): Promise<unknown>;
  info(): Promise<string>;
  publish(channel: string, message: string): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): unknown;
  once(event: string, listener: () => void): unknown;
  disconnect(reconnect?: boolean): void;
}

/** Nothing waits for a server that is away, and nothing is sent a second time: the caller decides otherwise. */
const FAIL_AT_ONCE = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: reconnectAfterMs,
  reconnectOnError: (error: Error) => (isReadOnly(error) ? (1 as const) : false),
  lazyConnect: false,
};

/** A subscriber only listens, for as long as it takes. */
const LISTEN = {
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
  autoResubscribe: true,
  retryStrategy: reconnectAfterMs,
  lazyConnect: false,
};

function duplicate(given: Ioredis, own: typeof FAIL_AT_ONCE | typeof LISTEN): Ioredis {
  const client =
    given.isCluster === true
      ? given.duplicate([], {
          enableOfflineQueue: own.enableOfflineQueue,
          clusterRetryStrategy: reconnectAfterMs,
          retryDelayOnFailover: 0,
          retryDelayOnClusterDown: 0,
          scaleReads: "master",
          lazyConnect: false,
          redisOptions: {
            ...given.options?.redisOptions,
            autoResendUnfulfilledCommands: false,
            maxRetriesPerRequest: own.maxRetriesPerRequest,
          },
        })
      : given.duplicate(own);
  // Failures come back from the calls; without a listener they would also end the process.
  client.on("error", () => {});
  return client;
}

/** A connection of its own with the options of an ioredis client. */
export function connectIoredis(given: IoredisClient): RedisConnection {
  const source = given as unknown as Ioredis;
  const client = duplicate(source, FAIL_AT_ONCE);
  return {
    connected: new Promise((resolve) => client.once("ready", resolve)),
    evalsha: (sha, key, args) => client.evalsha(sha, 1, key, ...args),
    eval: (text, key, args) => client.eval(text, 1, key, ...args),
    del: (key) => client.del(key),
    info: () => client.info(),
    publish: (channel, message) => client.publish(channel, message),
    subscribe(channel, heard, lost) {
      const subscriber = duplicate(source, LISTEN);
      subscriber.on("message", (_channel: string, message: string) => heard(message));
      // Also the first time: what was said before is not known either.
      subscriber.on("ready", lost);
      subscriber.subscribe(channel).then(lost, () => {});
      return () => subscriber.disconnect();
    },
    renew: () => client.disconnect(true),
    async close() {
      client.disconnect();
    },
  };
}
