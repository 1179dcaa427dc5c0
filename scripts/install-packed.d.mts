import type { PackedPackage } from "./pack.mjs";

export function installPacked(
  cwd: string,
  archives: Readonly<Record<string, string>>,
  allowBuilds: Readonly<Record<string, boolean>>,
  packages?: readonly string[],
): void;

export function archivesOf(packed: readonly PackedPackage[]): Record<string, string>;
