import type { FoundKey } from "@keyward/core";

/** A place in a file. Both numbers start at 1; columns count UTF-16 code units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A key in the content of one file. */
export interface KeyInFile extends Place {
  readonly secret: FoundKey["secret"];
}

/** A key in a place where it should not be. */
export interface Leak extends KeyInFile {
  readonly path: string;
  /** The commit that introduced it, if history was searched. */
  readonly commit?: string;
}

export type FindKeys = (text: string) => FoundKey[];
