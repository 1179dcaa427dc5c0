import { MAX_KEY_LENGTH } from "@keyward/core";
import type { FindKeys, KeyInFile } from "./leak.ts";
import { PlaceCounter, UTF16_BE, UTF16_LE, UTF8, type Encoding } from "./place-counter.ts";

/** Bytes that a key and the character behind it take at most, in UTF-16. */
const MAX_KEY_BYTES = 2 * (MAX_KEY_LENGTH + 1);

/** Printable ASCII in UTF-16, at any alignment and without a byte order mark: runs that are long enough for a key. */
const UTF16_RUNS = [
  { pattern: /(?:[\t\n\r -~]\0){24,}/g, firstByte: 0 },
  { pattern: /(?:\0[\t\n\r -~]){24,}/g, firstByte: 1 },
] as const;

interface Match {
  readonly start: number;
  readonly end: number;
  readonly secret: KeyInFile["secret"];
  readonly encoding: Encoding;
}

/** Finds keys in the content of one file, which arrives in pieces of any size. */
export class FileSearch {
  readonly #findKeys: FindKeys;
  readonly #counters = new Map(
    [UTF8, UTF16_LE, UTF16_BE].map((encoding) => [encoding, new PlaceCounter(encoding)]),
  );
  /** The end of what came before, because a key may continue in the next piece. */
  #kept: Buffer = Buffer.alloc(0);
  /** The offset in the file at which `#kept` begins. Even, so that UTF-16 is not cut inside a character. */
  #keptOffset = 0;
  /** The offset in the file up to which keys were reported. */
  #reportedTo = 0;
  #hasStarted = false;

  constructor(findKeys: FindKeys) {
    this.#findKeys = findKeys;
  }

  search(piece: Buffer, isLast: boolean): KeyInFile[] {
    const bytes = this.#kept.length === 0 ? piece : Buffer.concat([this.#kept, piece]);
    if (!isLast && bytes.length < 2 * MAX_KEY_BYTES) {
      this.#kept = Buffer.from(bytes);
      return [];
    }
    if (!this.#hasStarted) this.#skipByteOrderMark(bytes);
    const offset = this.#keptOffset;
    const text = bytes.toString("latin1");
    // A key that begins later may not be complete yet. It is found with the next piece.
    const reportTo = isLast ? Number.POSITIVE_INFINITY : offset + text.length - MAX_KEY_BYTES;
    const keys = this.#matchesIn(text)
      .filter(({ start }) => offset + start >= this.#reportedTo && offset + start < reportTo)
      .map(({ start, secret, encoding }) => ({
        ...(this.#counters.get(encoding) as PlaceCounter).moveTo(offset + start, text, offset),
        secret,
      }));
    if (!isLast) this.#keep(bytes, text, reportTo);
    return keys;
  }

  #matchesIn(text: string): Match[] {
    const matches: Match[] = this.#findKeys(text).map((found) => ({ ...found, encoding: UTF8 }));
    if (!text.includes("\0")) return matches;
    for (const { pattern, firstByte } of UTF16_RUNS)
      for (const { 0: run, index } of text.matchAll(pattern))
        for (const found of this.#findKeys(run.replaceAll("\0", ""))) {
          const start = index + firstByte + 2 * found.start;
          const end = start + 2 * (found.end - found.start);
          // In a text file, characters begin at even offsets. Elsewhere, lines have no meaning.
          matches.push({ start, end, secret: found.secret, encoding: start % 2 === 0 ? UTF16_LE : UTF16_BE });
        }
    return withoutOverlaps(matches);
  }

  #keep(bytes: Buffer, text: string, reportedTo: number): void {
    this.#reportedTo = reportedTo;
    // With the bytes before it, the next search recognizes a key that was reported, instead of finding its end.
    const wanted = Math.max(this.#keptOffset, reportedTo - MAX_KEY_BYTES);
    const keepFrom = wanted - (wanted % 2);
    for (const counter of this.#counters.values()) counter.moveTo(keepFrom, text, this.#keptOffset);
    this.#kept = Buffer.from(bytes.subarray(keepFrom - this.#keptOffset));
    this.#keptOffset = keepFrom;
  }

  #skipByteOrderMark(bytes: Buffer): void {
    this.#hasStarted = true;
    const start = bytes.toString("latin1", 0, 3);
    if (start === "\u00EF\u00BB\u00BF") this.#counters.get(UTF8)?.skip(3);
    if (start.startsWith("\u00FF\u00FE")) this.#counters.get(UTF16_LE)?.skip(2);
    if (start.startsWith("\u00FE\u00FF")) this.#counters.get(UTF16_BE)?.skip(2);
  }
}

/** Keeps the match that begins first. A key in one encoding also looks like a part of a key in the other. */
function withoutOverlaps(matches: readonly Match[]): Match[] {
  let end = 0;
  return matches
    .toSorted((a, b) => a.start - b.start)
    .filter((match) => {
      if (match.start < end) return false;
      end = match.end;
      return true;
    });
}
