/** A Redis server for a test. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** Runs one command. Returns the reply in Redis's protocol. */
  command(...words: string[]): Promise<string>;
  /** Kills it, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with its stored data. */
  restart(): Promise<void>;
  /** Stops it from running until `resume()`, without closing its connections. */
  pause(): void;
  resume(): void;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}
