import type { FoundKey } from "@keyward/core";

/** A key where it should not be. */
export interface Leak {
  /** A path as a person would type it. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Prints as its masked form. */
  readonly secret: FoundKey["secret"];
  /** The commit that brought it in, where history was searched. */
  readonly commit?: string;
}

const NEWLINE = 10;

/** Where in a text keys stand. `bytes` is the text as it was read, one character a byte. */
export function leaksIn(path: string, text: string, found: readonly FoundKey[], firstLine = 1): Leak[] {
  let line = firstLine;
  let lineStart = 0;
  let at = 0;
  return found.map(({ start, secret }) => {
    for (; at < start; at += 1) {
      if (text.charCodeAt(at) !== NEWLINE) continue;
      line += 1;
      lineStart = at + 1;
    }
    return { path, line, column: start - lineStart + 1, secret };
  });
}
