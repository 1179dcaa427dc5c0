import type { PublishedPackage } from "./published-packages.mjs";

/** A package as it is published. */
export interface PackedPackage extends Pick<PublishedPackage, "folder" | "manifest"> {
  readonly archive: string;
  /** Bytes. */
  readonly size: number;
  readonly files: readonly string[];
}

export function packAll(into: string): readonly PackedPackage[];
