/**
 * What the limiter needs of a Redis client. `ioredis.ts` and `node-redis.ts` supply it, each over a connection of its
 * own that is made from the given client's options.
 */
export interface RedisConnection {
  /** Runs a loaded script on the server that holds `key`. */
  evalsha(sha: string, key: string, args: readonly string[]): Promise<unknown>;
  eval(source: string, key: string, args: readonly string[]): Promise<unknown>;
  del(key: string): Promise<unknown>;
  /** The server's own report about itself, one `name:value` a line. */
  info(): Promise<string>;
  publish(channel: string, message: string): Promise<unknown>;
  /**
   * Listens on a connection of its own until the returned function is called. `lost` is called whenever
   * messages may have been missed.
   */
  subscribe(channel: string, heard: (message: string) => void, lost: () => void): () => void;
  /** Resolves when the first connection stands. Never rejects. */
  readonly connected: Promise<void>;
  /** Drops the connection and makes a new one, which may lead to another server. */
  renew(): void;
  close(): Promise<void>;
}

/** How long to wait before the `attempt`th time to connect: short, so that a Redis that is back is soon in use. */
export function reconnectAfterMs(attempt: number): number {
  return Math.min(50 * attempt, 250);
}

/** Whether a server says that it is a replica now: the connection must be made anew to find the primary. */
export function isReadOnly(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("READONLY");
}
