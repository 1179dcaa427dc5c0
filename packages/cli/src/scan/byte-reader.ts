import { CommandError } from "../command-error.ts";

/** Reads lines, and parts of known length, from a stream of bytes. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Reads up to a line feed, and returns what is before it. */
  async readLine(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(10);
      if (end >= 0) return this.#take(end + 1).toString("utf8", 0, end);
      this.#rest = Buffer.concat([this.#rest, await this.#nextChunk()]);
    }
  }

  /** Reads a number of bytes in pieces, as they arrive. */
  async *readPieces(length: number): AsyncGenerator<{ readonly bytes: Buffer; readonly isLast: boolean }> {
    for (let missing = length; missing > 0;) {
      if (this.#rest.length === 0) this.#rest = await this.#nextChunk();
      const bytes = this.#take(Math.min(missing, this.#rest.length));
      missing -= bytes.length;
      yield { bytes, isLast: missing === 0 };
    }
  }

  #take(length: number): Buffer {
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  async #nextChunk(): Promise<Buffer> {
    const { value, done } = await this.#chunks.next();
    if (done === true) throw new CommandError("git: the output ended early.");
    return value;
  }
}
