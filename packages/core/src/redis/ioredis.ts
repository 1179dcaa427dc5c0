import { reconnectAfterMs, SUBSCRIBE_AGAIN_MS, type RedisDriver } from "./connection.ts";

/** An ioredis client, version 5 or 6: `Redis` or `Cluster`. */
export interface IoredisClient {
  evalsha(...args: never[]): unknown;
  duplicate(...args: never[]): unknown;
}

/** The part of ioredis that is used, as it is in both versions and both kinds of client. */
interface Ioredis {
  readonly isCluster?: boolean;
  readonly options?: { readonly redisOptions?: object };
  /** Of a single server's client, once it has connected. */
  readonly stream?: { cork?(): void; uncork?(): void };
  duplicate(...overrides: unknown[]): Ioredis;
  evalshaBuffer(sha: string, keys: number, ...keysAndArgs: string[]): Promise<unknown>;
  evalBuffer(source: string, keys: number, ...keysAndArgs: string[]): Promise<unknown>;
  del(key: string): Promise<unknown>;
  info(): Promise<string>;
  publish(channel: string, message: string): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): unknown;
  once(event: string, listener: () => void): unknown;
  disconnect(): void;
}

/** Nothing waits for a server that is away, and nothing is sent a second time: the caller decides otherwise. */
const FAIL_AT_ONCE = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
};

/** A subscriber only listens, for as long as it takes. */
const LISTEN = { enableOfflineQueue: true, autoResubscribe: true, maxRetriesPerRequest: null };

function duplicate(source: Ioredis, own: typeof FAIL_AT_ONCE | typeof LISTEN): Ioredis {
  const client =
    source.isCluster === true
      ? source.duplicate([], {
          // A cluster's nodes are connected to when they are first needed, and calls wait for that.
          enableOfflineQueue: true,
          lazyConnect: false,
          clusterRetryStrategy: reconnectAfterMs,
          retryDelayOnFailover: 0,
          retryDelayOnClusterDown: 0,
          retryDelayOnTryAgain: 10,
          scaleReads: "master",
          redisOptions: { ...source.options?.redisOptions, ...own },
        })
      : source.duplicate({
          ...own,
          lazyConnect: false,
          retryStrategy: reconnectAfterMs,
          // With sentinels: leaves the old primary as soon as they have elected another, even if it does not announce that.
          failoverDetector: true,
        });
  // Failures come back from the calls; without a listener they would also end the process.
  client.on("error", () => {});
  return client;
}

/** Connects with the options of an ioredis client. */
export function ioredisDriver(client: IoredisClient): RedisDriver {
  const source = client as unknown as Ioredis;
  return {
    open() {
      const own = duplicate(source, FAIL_AT_ONCE);
      return {
        connected: new Promise((resolve) => own.once("ready", resolve)),
        evalsha: (sha, keys, args) => own.evalshaBuffer(sha, keys.length, ...keys, ...args),
        eval: (script, keys, args) => own.evalBuffer(script, keys.length, ...keys, ...args),
        del: (key) => own.del(key),
        info: () => own.info(),
        publish: (channel, message) => own.publish(channel, message),
        together(call) {
          const { stream } = own;
          stream?.cork?.();
          try {
            call();
          } finally {
            stream?.uncork?.();
          }
        },
        close: () => own.disconnect(),
      };
    },
    subscribe(channel, subscriber) {
      const own = duplicate(source, LISTEN);
      let retry: NodeJS.Timeout | undefined;
      let closed = false;
      const subscribe = () =>
        own.subscribe(channel).then(
          () => subscriber.missed(),
          (error: unknown) => {
            if (closed) return;
            subscriber.refused(error);
            retry = setTimeout(subscribe, SUBSCRIBE_AGAIN_MS).unref();
          },
        );
      own.on("message", (_channel: string, message: string) => subscriber.received(message));
      own.on("ready", () => subscriber.missed());
      void subscribe();
      return () => {
        closed = true;
        clearTimeout(retry);
        own.disconnect();
      };
    },
  };
}
