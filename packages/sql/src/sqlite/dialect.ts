import {
  CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
} from "kysely";
import type { SqliteConnection, SqliteValue } from "./connection.ts";

/** Kysely over a connection in a thread. Closing Kysely leaves the connection open. */
export class ThreadedSqliteDialect implements Dialect {
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  createDriver(): Driver {
    return new ThreadedSqliteDriver(this.#connection);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new SqliteAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}

/** Hands the connection to one user at a time, in the order in which they asked. */
class ThreadedSqliteDriver implements Driver {
  readonly #connection: SqliteConnection;
  #last: Promise<void> = Promise.resolve();

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Turn> {
    const before = this.#last;
    let release: () => void = () => {};
    this.#last = new Promise((resolve) => (release = resolve));
    await before;
    return new Turn(this.#connection, release);
  }

  /** Takes the write lock at once: a transaction that began by reading could not wait for it later. */
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("commit"));
  }

  /**
   * After a full disk or an I/O error SQLite has already rolled back, and an explicit rollback fails. That must not hide
   * the first error.
   */
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await connection.executeQuery(CompiledQuery.raw("rollback"));
    } catch (error) {
      if (!/no transaction is active/.test(String(error))) throw error;
    }
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    (connection as Turn).release();
  }

  async destroy(): Promise<void> {}
}

/** The connection, for one user. */
class Turn implements DatabaseConnection {
  readonly #connection: SqliteConnection;
  readonly release: () => void;

  constructor(connection: SqliteConnection, release: () => void) {
    this.#connection = connection;
    this.release = release;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, changes } = await this.#connection.run(sql, parameters as readonly SqliteValue[]);
    return { rows: rows as readonly R[] as R[], numAffectedRows: BigInt(changes) };
  }

  streamQuery(): never {
    throw new Error("Nothing is streamed.");
  }
}
