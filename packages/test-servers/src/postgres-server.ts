/** A PostgreSQL server for a test. */
export interface PostgresServer {
  readonly port: number;
  /** Creates an empty database. Returns its URL. */
  createDatabase(): Promise<string>;
  /** Runs SQL in the database of a URL. Returns the output of psql: rows as lines, columns separated by `|`. */
  query(url: string, sql: string): Promise<string>;
  /** Replaces the contents of a database with those of another, as restoring a backup does. */
  copy(from: string, to: string): Promise<void>;
  /** Kills it and its connections, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with its stored data. */
  restart(): Promise<void>;
  /** Stops it from running until `resume()`, without closing its connections. */
  pause(): void;
  resume(): void;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}
