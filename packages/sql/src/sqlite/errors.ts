import { KeywardError, type KeywardErrorCode } from "@keyward/core";

/** SQLite's primary result codes that mean something to whoever runs the store. */
const MEANINGS: Readonly<Record<number, readonly [KeywardErrorCode, string]>> = {
  8: ["store-read-only", "cannot be written: its permissions or its file system make it read-only"],
  10: ["store-unavailable", "could not be read or written: the disk failed, or has no room"],
  11: ["store-corrupt", "is damaged. Restore it from a backup"],
  13: ["store-full", "could not be written: the disk is full"],
  14: ["store-unavailable", "cannot be opened. Check that its folder exists and may be written"],
  26: ["store-corrupt", "is not a SQLite database, or is damaged"],
};

const CONSTRAINT = 19;

/** Says what happened in terms of the store. Errors of Keyward's own are handed on as they are. */
export function explain(error: unknown, path: string): KeywardError {
  if (error instanceof KeywardError) return error;
  const primary = resultCode(error) & 0xff;
  if (primary === CONSTRAINT) {
    return new KeywardError("key-conflict", `The key store refused the change: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  const [code, meaning] = MEANINGS[primary] ?? ["store-unavailable", `did not answer: ${messageOf(error)}`];
  return new KeywardError(code, `The key store ${path} ${meaning}.`, { cause: error });
}

/** `errcode` of node:sqlite, `rawCode` of libsql, or an errno's name from the file system. */
function resultCode(error: unknown): number {
  const { errcode, rawCode, code, message } = error as {
    errcode?: number;
    rawCode?: number;
    code?: string;
    message?: string;
  };
  if (code === "EACCES" || code === "EROFS" || code === "EPERM") return 8;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG") return 13;
  if (code === "ENOENT" || code === "EISDIR" || code === "ENOTDIR") return 14;
  // libsql's own report of a failed open ends in SQLite's code.
  const opened = /local database .*: (\d+)"/.exec(message ?? "")?.[1];
  return errcode ?? rawCode ?? (opened === undefined ? 0 : Number(opened));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
