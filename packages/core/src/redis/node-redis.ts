import { isReadOnly, reconnectAfterMs, type RedisConnection } from "./connection.ts";

/** A node-redis client, version 5 or 6: of `createClient`, `createCluster` or `createSentinel`. */
export interface NodeRedisClient {
  evalSha(...args: never[]): unknown;
  duplicate(...args: never[]): unknown;
}

interface EvalOptions {
  readonly keys: string[];
  readonly arguments: string[];
}

/** The part of node-redis that is used, as it is in both versions and all kinds of client. */
interface NodeRedis {
  readonly options?: { readonly socket?: object };
  duplicate(overrides?: object): NodeRedis;
  connect(): Promise<unknown>;
  evalSha(sha: string, options: EvalOptions): Promise<unknown>;
  eval(source: string, options: EvalOptions): Promise<unknown>;
  del(key: string): Promise<unknown>;
  info(): Promise<string>;
  publish(channel: string, message: string): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
  destroy(): void;
}

/** Clients of a cluster and of sentinels have options by node, which they do not show. */
function isSingle(client: NodeRedis): boolean {
  return !("nodeClient" in client) && !("getMasterNode" in client) && !("acquire" in client);
}

function duplicate(given: NodeRedis, disableOfflineQueue: boolean): NodeRedis {
  const client = given.duplicate(
    isSingle(given)
      ? {
          disableOfflineQueue,
          socket: { ...given.options?.socket, reconnectStrategy: reconnectAfterMs },
        }
      : {},
  );
  // Failures come back from the calls; without a listener they would also end the process.
  client.on("error", () => {});
  return client;
}

/** Closing twice, or before a connection stands, is no error here. */
function destroy(client: NodeRedis): void {
  try {
    client.destroy();
  } catch {}
}

/** A connection of its own with the options of a node-redis client. */
export function connectNodeRedis(given: NodeRedisClient): RedisConnection {
  const source = given as unknown as NodeRedis;
  let client = duplicate(source, true);
  let closed = false;
  const connected = connect(client);

  /** Connects until it succeeds: a cluster's client gives up after the first time. */
  async function connect(own: NodeRedis): Promise<void> {
    for (let attempt = 1; !closed && own === client; attempt += 1) {
      try {
        await own.connect();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, reconnectAfterMs(attempt)).unref());
      }
    }
  }

  function renew(): void {
    destroy(client);
    client = duplicate(source, true);
    void connect(client);
  }

  async function watched(call: Promise<unknown>): Promise<unknown> {
    const sentOn = client;
    try {
      return await call;
    } catch (error) {
      if (isReadOnly(error) && sentOn === client && !closed) renew();
      throw error;
    }
  }

  return {
    connected,
    evalsha: (sha, key, args) => watched(client.evalSha(sha, { keys: [key], arguments: args as string[] })),
    eval: (text, key, args) => watched(client.eval(text, { keys: [key], arguments: args as string[] })),
    del: (key) => client.del(key),
    info: () => client.info(),
    publish: (channel, message) => client.publish(channel, message),
    subscribe(channel, heard, lost) {
      const subscriber = duplicate(source, false);
      subscriber.on("ready", lost);
      let stopped = false;
      const listen = async () => {
        for (let attempt = 1; !stopped; attempt += 1) {
          try {
            await subscriber.connect();
            await subscriber.subscribe(channel, heard);
            lost();
            return;
          } catch {
            await new Promise((resolve) => setTimeout(resolve, reconnectAfterMs(attempt)).unref());
          }
        }
      };
      void listen();
      return () => {
        stopped = true;
        destroy(subscriber);
      };
    },
    renew,
    async close() {
      closed = true;
      destroy(client);
    },
  };
}
