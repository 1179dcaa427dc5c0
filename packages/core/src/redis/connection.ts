/** One connection, or one to each node of a cluster. When it breaks it is made again by itself. */
export interface RedisLink {
  /** Resolves when it is established for the first time. Never rejects. */
  readonly connected: Promise<void>;
  /** Runs a loaded script on the server that holds `keys`, at least one. Strings in the reply are `Buffer`s. */
  evalsha(sha: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  eval(source: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  del(key: string): Promise<unknown>;
  /** The server's own report about itself, one `name:value` a line. */
  info(): Promise<string>;
  publish(channel: string, message: string): Promise<unknown>;
  /** Does what makes several calls so that they leave in one write, where the client does not see to that itself. */
  together?(call: () => void): void;
  /** Fails what still waits. */
  close(): void;
}

/** The Redis client as the limiter needs it. `ioredis.ts` and `node-redis.ts` make it from the application's client. */
export interface RedisDriver {
  /** A separate connection with the client's options. */
  open(): RedisLink;
  /** Listens on another connection until the returned function is called. */
  subscribe(channel: string, subscriber: Subscriber): () => void;
}

/** Receives the messages of a channel. */
export interface Subscriber {
  received(message: string): void;
  /** Messages may have been missed. Also called when the subscription begins. */
  missed(): void;
  /** The server refused the subscription; it is tried again later. */
  refused(error: unknown): void;
}

/** Delay before retrying a subscription that the server refused. */
export const SUBSCRIBE_AGAIN_MS = 5000;

/** A link that can be dropped for a new one, which may lead to another server. */
export class RedisConnection {
  readonly #driver: RedisDriver;
  #link: RedisLink;
  #closed = false;
  /** Resolves when the first connection stands. */
  readonly connected: Promise<void>;

  constructor(driver: RedisDriver) {
    this.#driver = driver;
    this.#link = driver.open();
    this.connected = this.#link.connected;
  }

  /** Runs a script, by its name or by its text. Calls back instead of returning a promise: every decision would pay for one more. */
  run(
    how: "evalsha" | "eval",
    script: string,
    keys: readonly string[],
    args: readonly string[],
    answered: (reply: unknown) => void,
    failed: (error: unknown) => void,
  ): void {
    const link = this.#link;
    const reply = how === "evalsha" ? link.evalsha(script, keys, args) : link.eval(script, keys, args);
    void reply.then(answered, (error: unknown) => {
      // A server that has become a replica stays one: connecting again finds the primary.
      const isReplica = error instanceof Error && error.message.startsWith("READONLY");
      if (isReplica && link === this.#link) this.renew();
      failed(error);
    });
  }

  del(key: string): Promise<unknown> {
    return this.#link.del(key);
  }

  info(): Promise<string> {
    return this.#link.info();
  }

  publish(channel: string, message: string): Promise<unknown> {
    return this.#link.publish(channel, message);
  }

  /** Sends all calls made in the meantime in one write. */
  together(call: () => void): void {
    if (this.#link.together === undefined) call();
    else this.#link.together(call);
  }

  subscribe(channel: string, subscriber: Subscriber): () => void {
    return this.#driver.subscribe(channel, subscriber);
  }

  renew(): void {
    if (this.#closed) return;
    this.#link.close();
    this.#link = this.#driver.open();
  }

  close(): void {
    this.#closed = true;
    this.#link.close();
  }
}

/** Delay before the `attempt`th connection attempt. Short, so that a Redis that recovers is soon in use. */
export function reconnectAfterMs(attempt: number): number {
  return Math.min(50 * attempt, 250);
}
