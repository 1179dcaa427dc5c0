import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import threadSource from "./connection-thread.cjs";

/** A value of SQLite that can be bound. */
export type SqliteValue = string | number | bigint | null;

/** The result of a statement. */
export interface SqliteResult {
  readonly rows: readonly object[];
  readonly changes: number;
}

/** A failure in the connection's thread. */
export class SqliteError extends Error {
  /** An errno's name from the file system, or one of `FILE_DELETED`, `FILE_REPLACED`, `DRIVER_MISSING`. */
  readonly code: string | undefined;
  /** SQLite's result code; 0 if it did not come from SQLite. */
  readonly resultCode: number;

  constructor({ message, code, resultCode = 0 }: { message: string; code?: string; resultCode?: number }) {
    super(message);
    this.code = code;
    this.resultCode = resultCode;
  }
}

type Request =
  | { readonly sql: string; readonly parameters: readonly SqliteValue[] }
  | { readonly check: true };

type Response = SqliteResult | { readonly error: { message: string; code?: string; resultCode?: number } };

interface Waiting {
  resolve(result: SqliteResult): void;
  reject(error: unknown): void;
}

/** Statements in one message at most. Reading its result blocks this thread for about a millisecond. */
const MAX_STATEMENTS = 250;

/** Time that a statement waits for another connection's transaction, in milliseconds. */
const BUSY_TIMEOUT_MS = 5000;

/** Places where the optional package `libsql` may be installed: next to this package, or next to the program that bundles it. */
const PACKAGES_FROM = [
  typeof __filename === "string" ? __filename : import.meta.url,
  pathToFileURL(`${process.cwd()}/`).href,
];

/**
 * A connection to a SQLite file in a separate thread. Statements run in the order in which they were given; those of
 * one turn of the event loop travel together.
 */
export class SqliteConnection {
  readonly #worker: Worker;
  #leaving: { readonly request: Request; readonly waiting: Waiting }[] = [];
  /** Messages without a reply, oldest first. */
  readonly #sent: Waiting[][] = [];
  #ended: Error | undefined;

  /** Creates the file if it is missing, for its owner alone. What fails is reported by the first statement. */
  constructor(path: string, setUp: readonly string[] = []) {
    this.#worker = new Worker(threadSource, {
      eval: true,
      name: "keyward-sqlite",
      // Not the flags of the application, which may load a compiler into each thread.
      execArgv: [],
      workerData: {
        path,
        packagesFrom: PACKAGES_FROM,
        setUp: [`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`, ...setUp],
      },
    });
    // Only what is under way keeps the process alive.
    this.#worker.unref();
    this.#worker.on("message", (responses: readonly Response[]) => this.#receive(responses));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("The connection is closed.")));
  }

  run(sql: string, parameters: readonly SqliteValue[] = []): Promise<SqliteResult> {
    return this.#request({ sql, parameters });
  }

  /** Rejects if the file was deleted or replaced since it was opened. */
  async checkFile(): Promise<void> {
    await this.#request({ check: true });
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#send();
    this.#worker.ref();
    this.#worker.postMessage({ close: true });
    await once(this.#worker, "exit");
  }

  #request(request: Request): Promise<SqliteResult> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      if (this.#leaving.push({ request, waiting: { resolve, reject } }) === 1)
        queueMicrotask(() => this.#send());
    });
  }

  #send(): void {
    const leaving = this.#leaving;
    this.#leaving = [];
    if (leaving.length === 0) return;
    if (this.#sent.length === 0) this.#worker.ref();
    for (let from = 0; from < leaving.length; from += MAX_STATEMENTS) {
      const some = leaving.slice(from, from + MAX_STATEMENTS);
      this.#sent.push(some.map(({ waiting }) => waiting));
      this.#worker.postMessage(some.map(({ request }) => request));
    }
  }

  #receive(responses: readonly Response[]): void {
    const answered = this.#sent.shift() ?? [];
    if (this.#sent.length === 0) this.#worker.unref();
    for (const [index, { resolve, reject }] of answered.entries()) {
      const response = responses[index] as Response;
      if ("error" in response) reject(new SqliteError(response.error));
      else resolve(response);
    }
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#sent.splice(0).flat()) reject(error);
    for (const { waiting } of this.#leaving.splice(0)) waiting.reject(error);
  }
}
