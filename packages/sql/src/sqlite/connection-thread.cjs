// The thread that one SQLite connection lives in, so that neither the disk nor a long query blocks requests. It is started from
// its text, which bundlers keep in the program, and so imports only what Node has.
//
// Receives arrays of statements and answers each array with one of results, in the order in which they came:
//   { sql, parameters } → { rows, changes } or { error }
//   { check: true }     → { rows: [] } or { error }: is the file still the one that was opened?
//   { close: true }     ends the thread
"use strict";
const { closeSync, openSync, statSync } = require("node:fs");
const { createRequire } = require("node:module");
const { parentPort, workerData } = require("node:worker_threads");

const { path, packagesFrom, setUp } = workerData;

/** Statements by their text. The texts of statements with lists of parameters differ, so there can be many. */
const prepared = new Map();
const MAX_PREPARED = 200;

let database;
let opened;
/** The error of the connection. Every statement fails with it. */
let failure;
try {
  createFile();
  opened = identityOf(path);
  database = connect(path);
  for (const sql of setUp) database.exec(sql);
} catch (error) {
  failure = describe(error);
}

parentPort.on("message", (statements) => {
  if (statements.close) close();
  else parentPort.postMessage(statements.map(answer));
});

/**
 * Creates a file that is missing, for its owner alone. An existing file must not be opened here: the system releases every lock that this
 * process holds on a file when any descriptor of it is closed. Another process would then delete the write-ahead log that is in use.
 */
function createFile() {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
}

function answer({ sql, parameters, check }) {
  if (check) return noteFile();
  if (failure !== undefined) return { error: failure };
  try {
    if (sql === "begin immediate" && noteFile().error) return { error: failure };
    const result = run(sql, parameters);
    // Data committed to a file that can no longer be opened is lost.
    return sql === "commit" ? noteFile() : result;
  } catch (error) {
    prepared.delete(sql);
    return { error: describe(error) };
  }
}

function run(sql, parameters) {
  // Statements without parameters begin and end transactions, and define tables. What is run like this holds no lock after it
  // has failed; a prepared statement of libsql's may.
  if (parameters.length === 0 && !/^\s*(select|with|pragma|insert|update|delete)/i.test(sql)) {
    database.exec(sql);
    return { rows: [], changes: 0 };
  }
  let statement = prepared.get(sql);
  if (statement === undefined) {
    if (prepared.size >= MAX_PREPARED) prepared.clear();
    statement = database.prepare(sql);
    prepared.set(sql, statement);
  }
  if (statement.reader) return { rows: statement.all(parameters), changes: 0 };
  return { rows: [], changes: Number(statement.run(parameters).changes) };
}

/** Looks whether the file was deleted or replaced; everything fails as long as it is. */
function noteFile() {
  if (opened === undefined) return { error: failure };
  try {
    const now = identityOf(path);
    failure = now === opened ? undefined : { message: "replaced", code: "FILE_REPLACED" };
  } catch (error) {
    const isGone = error.code === "ENOENT";
    failure = isGone ? { message: "deleted", code: "FILE_DELETED" } : describe(error);
  }
  return failure === undefined ? { rows: [], changes: 0 } : { error: failure };
}

function identityOf(file) {
  const { dev, ino } = statSync(file, { bigint: true });
  return `${dev} ${ino}`;
}

/** Node's own driver where it can do the job (22.16 and later), else the packaged one. */
function connect(file) {
  const builtIn = process.getBuiltinModule?.("node:sqlite");
  if (builtIn !== undefined && "columns" in builtIn.StatementSync.prototype) {
    const own = new builtIn.DatabaseSync(file);
    return {
      exec: (sql) => own.exec(sql),
      close: () => own.close(),
      prepare(sql) {
        const statement = own.prepare(sql);
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...parameters),
          run: (parameters) => statement.run(...parameters),
        };
      },
    };
  }
  return new (packagedDriver())(file);
}

function packagedDriver() {
  for (const from of packagesFrom) {
    try {
      return createRequire(from)("libsql");
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw Object.assign(new Error("The package libsql is not installed."), { code: "DRIVER_MISSING" });
}

/** Errors lose their own fields on their way to another thread. */
function describe(error) {
  const message = String(error?.message ?? error);
  // libsql's own report of a failed open ends in SQLite's code.
  const atOpen = /local database .*: (\d+)"/.exec(message)?.[1];
  return {
    message,
    code: error?.code,
    // `errcode` of node:sqlite, `rawCode` of libsql.
    resultCode: error?.errcode ?? error?.rawCode ?? (atOpen === undefined ? 0 : Number(atOpen)),
  };
}

function close() {
  prepared.clear();
  database?.close();
  parentPort.close();
}
