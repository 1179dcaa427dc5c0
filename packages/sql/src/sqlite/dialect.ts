import {
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
} from "kysely";
import { whenFree } from "./busy.ts";
import type { Connection } from "./database.ts";

/**
 * Kysely's SQLite dialect for a file that several processes write: a transaction takes the write lock
 * when it begins, so that it waits for its turn instead of failing in the middle, and a migration is
 * one transaction.
 */
export class SharedSqliteDialect extends SqliteDialect {
  readonly #database: Connection;

  constructor(database: Connection) {
    super({ database });
    this.#database = database;
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#database);
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalDdlAdapter();
  }
}

class ImmediateDriver extends SqliteDriver {
  readonly #database: Connection;

  constructor(database: Connection) {
    super({ database });
    this.#database = database;
  }

  override async beginTransaction(_connection: DatabaseConnection): Promise<void> {
    await whenFree(() => this.#database.exec("begin immediate"));
  }

  /**
   * After a full disk or an I/O error SQLite has rolled back by itself, and says so when it is told to.
   * That must not hide what went wrong.
   */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      if (!/no transaction is active/.test(String(error))) throw error;
    }
  }
}

class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}
