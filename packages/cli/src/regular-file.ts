import { readFileSync, statSync } from "node:fs";

/** Returns `false` also for paths that do not exist or may not be read. */
export function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Reads an optional file. Returns `undefined` if it does not exist or is not a regular file: reading a FIFO would block.
 */
export function readRegularFile(path: string): string | undefined {
  return isRegularFile(path) ? readFileSync(path, "utf8") : undefined;
}
