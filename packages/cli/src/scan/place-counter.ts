import type { Place } from "./leak.ts";

/** A text encoding, seen as bytes that are read as one character each. */
export interface Encoding {
  readonly newline: string;
  /** Counts the UTF-16 code units in some bytes. Additive: bytes may be counted in pieces. */
  unitsIn(bytes: string): number;
}

export const UTF8: Encoding = {
  newline: "\n",
  unitsIn(bytes) {
    let units = 0;
    for (let index = 0; index < bytes.length; index += 1) {
      const byte = bytes.charCodeAt(index);
      // Continuation bytes are not counted; four-byte sequences are two units.
      if (byte < 0x80 || byte >= 0xc0) units += byte >= 0xf0 ? 2 : 1;
    }
    return units;
  },
};
export const UTF16_LE: Encoding = { newline: "\n\0", unitsIn: (bytes) => bytes.length / 2 };
export const UTF16_BE: Encoding = { newline: "\0\n", unitsIn: (bytes) => bytes.length / 2 };

/** Translates byte offsets of one file into lines and columns, moving forwards only. */
export class PlaceCounter {
  readonly #encoding: Encoding;
  #offset = 0;
  #line = 1;
  #column = 1;

  constructor(encoding: Encoding) {
    this.#encoding = encoding;
  }

  /** Moves past bytes that do not count as columns, such as a byte order mark. */
  skip(bytes: number): void {
    this.#offset += bytes;
  }

  /**
   * Moves to an offset in the file. Does nothing if that has been passed.
   *
   * @param text the part of the file that contains everything from the current offset to the new one
   * @param textOffset the offset in the file at which `text` begins
   */
  moveTo(offset: number, text: string, textOffset: number): Place {
    const { newline, unitsIn } = this.#encoding;
    if (offset > this.#offset) {
      const passed = text.slice(this.#offset - textOffset, offset - textOffset);
      let lineStart = 0;
      for (let at = passed.indexOf(newline); at >= 0; at = passed.indexOf(newline, lineStart)) {
        this.#line += 1;
        this.#column = 1;
        lineStart = at + newline.length;
      }
      this.#column += unitsIn(passed.slice(lineStart));
      this.#offset = offset;
    }
    return { line: this.#line, column: Math.floor(this.#column) };
  }
}
