import { closeSync, openSync } from "node:fs";
import type { SqliteDatabase, SqliteStatement } from "kysely";
import { loadPackage } from "../load-package.ts";

/** A connection as Kysely's SQLite driver takes it, and what is done before Kysely has it. */
export interface Connection extends SqliteDatabase {
  exec(sql: string): void;
}

/** What is used of `node:sqlite`, whose types came after Node 20's. */
interface NodeSqlite {
  readonly DatabaseSync: new (path: string) => {
    exec(sql: string): void;
    prepare(sql: string): NodeStatement;
    close(): void;
  };
  readonly StatementSync: { readonly prototype: object };
}

interface NodeStatement {
  columns(): readonly unknown[];
  all(...parameters: readonly unknown[]): unknown[];
  run(...parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  iterate(...parameters: readonly unknown[]): IterableIterator<unknown>;
}

/** What is used of `libsql`, which has the interface of better-sqlite3 and carries its binary in its package. */
type Libsql = new (path: string) => Connection & { readonly inTransaction: boolean };

/**
 * Opens a SQLite file with Node's own driver where that can do the job (22.16 and later), else with the
 * packaged one. A new file can be read and written by its owner only.
 */
export async function openDatabase(path: string): Promise<Connection> {
  closeSync(openSync(path, "a", 0o600));
  const builtIn = nodeSqlite();
  if (builtIn !== undefined) return adaptNodeSqlite(new builtIn.DatabaseSync(path));
  const Database = await loadPackage<Libsql>(
    () => import("libsql"),
    "SQLite needs Node 22.16 or later, or the optional package libsql: npm install libsql.",
  );
  return adaptLibsql(new Database(path));
}

function nodeSqlite(): NodeSqlite | undefined {
  const sqlite = process.getBuiltinModule?.("node:sqlite" as "node:fs") as unknown as NodeSqlite | undefined;
  return sqlite !== undefined && "columns" in sqlite.StatementSync.prototype ? sqlite : undefined;
}

/**
 * libsql does not end a statement that found the database locked, and SQLite commits nothing while a writing
 * one is not ended. So none may find it locked: outside a transaction a write takes the lock by `exec`, which
 * ends what it runs.
 */
function adaptLibsql(database: InstanceType<Libsql>): Connection {
  return {
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare(sql): SqliteStatement {
      const statement = database.prepare(sql);
      return {
        reader: statement.reader,
        all: (parameters) => statement.all(parameters),
        iterate: (parameters) => statement.iterate(parameters),
        run(parameters) {
          if (database.inTransaction) return statement.run(parameters);
          database.exec("begin immediate");
          try {
            const result = statement.run(parameters);
            database.exec("commit");
            return result;
          } catch (error) {
            database.exec("rollback");
            throw error;
          }
        },
      };
    },
  };
}

function adaptNodeSqlite(database: InstanceType<NodeSqlite["DatabaseSync"]>): Connection {
  return {
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare(sql): SqliteStatement {
      const statement = database.prepare(sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...parameters),
        run: (parameters) => statement.run(...parameters),
        iterate: (parameters) => statement.iterate(...parameters),
      };
    },
  };
}
