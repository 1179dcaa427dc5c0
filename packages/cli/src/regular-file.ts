import { readFileSync, statSync } from "node:fs";

/** `false` also if there is nothing, or nothing that may be looked at. */
export function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Reads a file that may exist at a conventional place. Returns `undefined` if there is none, or something that is not a
 * regular file: reading a FIFO would wait forever.
 */
export function readRegularFile(path: string): string | undefined {
  return isRegularFile(path) ? readFileSync(path, "utf8") : undefined;
}
