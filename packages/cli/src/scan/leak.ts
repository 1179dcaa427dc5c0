import type { FoundKey } from "@keyward/core";

/** A key where it should not be. */
export interface Leak extends Place {
  /** A path as a person would type it. */
  readonly path: string;
  /** Prints as its masked form. */
  readonly secret: FoundKey["secret"];
  /** The commit that brought it in, where history was searched. */
  readonly commit?: string;
}

/** A place in a file, both from 1. Columns count UTF-16 code units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export const START: Place = { line: 1, column: 1 };

/** Where one is after some bytes that were read as one character each. */
export function placeAfter(from: Place, bytes: string): Place {
  let line = from.line;
  let lineStart = 0;
  for (let at = bytes.indexOf("\n"); at >= 0; at = bytes.indexOf("\n", lineStart)) {
    line += 1;
    lineStart = at + 1;
  }
  const column = Buffer.from(bytes.slice(lineStart), "latin1").toString("utf8").length;
  return { line, column: line === from.line ? from.column + column : column + 1 };
}

/** Where keys stand that were found in a text, which begins at a place and has one character for each byte. */
export function leaksIn(path: string, text: string, found: readonly FoundKey[], begins = START): Leak[] {
  let place = begins;
  let at = 0;
  return found.map(({ start, secret }) => {
    place = placeAfter(place, text.slice(at, start));
    at = start;
    return { path, ...place, secret };
  });
}
