import type { PackedPackage } from "./pack.mjs";

export function startRegistry(
  packed: readonly PackedPackage[],
): Promise<{ readonly url: string; close(): void }>;
