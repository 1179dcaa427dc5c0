import { setTimeout as sleep } from "node:timers/promises";
import { reconnectAfterMs, SUBSCRIBE_AGAIN_MS, type RedisDriver, type Subscriber } from "./connection.ts";

/** A node-redis client of `createClient` or `createCluster`, version 5 or 6, or of `createSentinel`, version 6. */
export interface NodeRedisClient {
  evalSha(...args: never[]): unknown;
  duplicate(...args: never[]): unknown;
}

interface EvalOptions {
  readonly keys: readonly string[];
  readonly arguments: readonly string[];
}

/** The part of node-redis that is used, as it is in both versions and all kinds of client. */
interface NodeRedis {
  readonly options?: { readonly socket?: object };
  duplicate(overrides?: object): NodeRedis;
  /** The same client, with replies of other types. */
  withTypeMapping(types: Readonly<Record<number, unknown>>): Pick<NodeRedis, "evalSha" | "eval">;
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

/** Has replies of the type `$` of the Redis protocol read as `Buffer`s. */
const STRINGS_AS_BUFFERS = { ["$".charCodeAt(0)]: Buffer };

/** Clients of a cluster and of sentinels have options by node, which they do not show. */
function isSingle(client: NodeRedis): boolean {
  return !("nodeClient" in client) && !("getMasterNode" in client) && !("acquire" in client);
}

/** A separate client, and a function that closes it. */
class OwnClient {
  readonly client: NodeRedis;
  #closed = false;

  constructor(source: NodeRedis, disableOfflineQueue: boolean) {
    const socket = { ...source.options?.socket, reconnectStrategy: reconnectAfterMs };
    this.client = source.duplicate(isSingle(source) ? { disableOfflineQueue, socket } : {});
    // Failures come back from the calls; without a listener they would also end the process.
    this.client.on("error", () => {});
  }

  /** Connects, again and again until it succeeds: a cluster's client gives up after the first time. */
  async connect(): Promise<void> {
    for (let attempt = 1; !this.#closed; attempt += 1) {
      try {
        await this.client.connect();
        return;
      } catch {
        await sleep(reconnectAfterMs(attempt), undefined, { ref: false });
      }
    }
  }

  /** Subscribes once it has connected, again and again while the server refuses. */
  async subscribe(channel: string, subscriber: Subscriber): Promise<void> {
    await this.connect();
    while (!this.#closed) {
      try {
        await this.client.subscribe(channel, (message) => subscriber.received(message));
        subscriber.missed();
        return;
      } catch (error) {
        if (this.#closed) return;
        subscriber.refused(error);
        await sleep(SUBSCRIBE_AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  close(): void {
    this.#closed = true;
    try {
      this.client.destroy();
    } catch {
      // It was never open.
    }
  }
}

/** Connects with the options of a node-redis client. */
export function nodeRedisDriver(client: NodeRedisClient): RedisDriver {
  const source = client as unknown as NodeRedis;
  return {
    open() {
      const own = new OwnClient(source, true);
      const commands = own.client;
      const scripts = commands.withTypeMapping(STRINGS_AS_BUFFERS);
      return {
        connected: own.connect(),
        evalsha: (sha, keys, args) => scripts.evalSha(sha, { keys, arguments: args }),
        eval: (script, keys, args) => scripts.eval(script, { keys, arguments: args }),
        del: (key) => commands.del(key),
        info: () => commands.info(),
        publish: (channel, message) => commands.publish(channel, message),
        close: () => own.close(),
      };
    },
    subscribe(channel, subscriber) {
      const own = new OwnClient(source, false);
      own.client.on("ready", () => subscriber.missed());
      void own.subscribe(channel, subscriber);
      return () => own.close();
    },
  };
}
