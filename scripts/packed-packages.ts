import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { packAll, type PackedPackage } from "./pack.mjs";

declare module "vitest" {
  interface ProvidedContext {
    /** The packages as they are published. */
    packed: readonly PackedPackage[];
  }
}

/** Packs all packages once for the tests that install them, which get them as `inject("packed")`. */
export default function provideThem({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "keyward-packed-"));
  provide("packed", packAll(folder));
  return () => rmSync(folder, { recursive: true });
}
