import { KeywardError, type KeywardErrorCode } from "@keyward/core";
import { SqliteError } from "./connection.ts";

type ErrorMeaning = readonly [KeywardErrorCode, string];

const READ_ONLY: ErrorMeaning = [
  "store-read-only",
  "cannot be written: its permissions or its file system make it read-only",
];
const FULL: ErrorMeaning = ["store-full", "could not be written: the disk is full"];
const CANNOT_OPEN: ErrorMeaning = [
  "store-unavailable",
  "cannot be opened. Check that its folder exists and may be written",
];

/** SQLite's primary result codes that an operator can act on. */
const MEANINGS: Readonly<Record<number, ErrorMeaning>> = {
  8: READ_ONLY,
  10: ["store-unavailable", "could not be read or written: the disk failed, or has no room"],
  11: ["store-corrupt", "is damaged. Restore it from a backup"],
  13: FULL,
  14: CANNOT_OPEN,
  26: ["store-corrupt", "is not a SQLite database, or is damaged"],
};

/** Errors of the file system, and of the connection itself. */
const OTHER_MEANINGS: Readonly<Record<string, ErrorMeaning>> = {
  EACCES: READ_ONLY,
  EROFS: READ_ONLY,
  EPERM: READ_ONLY,
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: FULL,
  ENOENT: CANNOT_OPEN,
  EISDIR: CANNOT_OPEN,
  ENOTDIR: CANNOT_OPEN,
  FILE_DELETED: [
    "store-unavailable",
    "was deleted while it was open. Restore it, then restart the process; what is written now would be lost",
  ],
  FILE_REPLACED: [
    "store-unavailable",
    "was replaced by another file while it was open. Restart the process to use the new one",
  ],
  DRIVER_MISSING: [
    "store-unavailable",
    "needs Node 22.16 or later, or the optional package libsql: npm install libsql",
  ],
};

const BUSY = 5;
const CONSTRAINT = 19;

/** True if another connection was in the way. A connection that is opened again may succeed. */
export function isBusy(error: unknown): boolean {
  return error instanceof SqliteError && primaryCode(error) === BUSY;
}

/** Explains a failure in terms of the store. Errors of Keyward are returned unchanged. */
export function explain(error: unknown, path: string): KeywardError {
  if (error instanceof KeywardError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof SqliteError)) {
    return new KeywardError("store-unavailable", `${path} did not respond: ${message}.`, { cause: error });
  }
  if (primaryCode(error) === CONSTRAINT) {
    return new KeywardError("key-conflict", `The key store refused the change: ${message}.`, {
      cause: error,
    });
  }
  const [code, meaning] = MEANINGS[primaryCode(error)] ??
    OTHER_MEANINGS[error.code ?? ""] ?? ["store-unavailable", `did not respond: ${message}`];
  return new KeywardError(code, `${path} ${meaning}.`, { cause: error });
}

function primaryCode({ resultCode }: SqliteError): number {
  return resultCode & 0xff;
}
