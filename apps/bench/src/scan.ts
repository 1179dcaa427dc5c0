import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./measure.ts";
import { heading, line, target } from "./print.ts";

const require = createRequire(import.meta.url);
const RUNS = 5;
/** As in a repository: most files are small, most bytes are not in them. */
const KINDS = [
  { files: 10_000, bytes: 4096 },
  { files: 2000, bytes: 131_072 },
];

/** A tree of source text: pieces of the TypeScript compiler, a large program that is always installed. */
function makeTree(folder: string): number {
  const text = readFileSync(require.resolve("typescript"), "latin1");
  let total = 0;
  for (const { files, bytes } of KINDS) {
    for (let number = 0; number < files; number += 1) {
      const inside = join(folder, `${bytes}`, `${number % 50}`);
      if (number < 50) mkdirSync(inside, { recursive: true });
      const start = (number * 7919) % (text.length - bytes);
      writeFileSync(join(inside, `${number}.js`), text.slice(start, start + bytes), "latin1");
      total += bytes;
    }
  }
  return total;
}

/** The command line's search for leaked keys, from its start to its end. */
export async function benchScan(): Promise<boolean[]> {
  const folder = mkdtempSync(join(tmpdir(), "keyward-scan-"));
  try {
    const bytes = makeTree(folder);
    const keyward = join(require.resolve("keyward/package.json"), "../bin/keyward.js");
    const scan = () => {
      const startedAt = performance.now();
      const { status, stderr } = spawnSync(process.execPath, [keyward, "scan", folder], { encoding: "utf8" });
      if (status !== 0) throw new Error(`keyward scan ended with ${status}: ${stderr}`);
      return performance.now() - startedAt;
    };
    scan();
    const ms = median(Array.from({ length: RUNS }, scan));
    heading("keyward scan, on a tree that the system has in memory");
    line(
      `${(bytes / 1e6).toFixed(0)} MB in ${KINDS.reduce((sum, { files }) => sum + files, 0)} files, ${ms.toFixed(0)} ms`,
    );
    return [target("a second", bytes / 1e6 / (ms / 1000), { atLeast: 200 }, " MB")];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
