import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ModuleKind, ScriptTarget, transpile, type CompilerOptions } from "typescript";
import { describe, expect, it } from "vitest";

const packages = fileURLToPath(new URL("../packages", import.meta.url));

/** What is expected to be warned of: plain HTTP in an example, and Node 22's own SQLite. */
const QUIET = ["--disable-warning=KEYWARD_PLAIN_HTTP", "--disable-warning=ExperimentalWarning"];

const TYPESCRIPT: CompilerOptions = {
  target: ScriptTarget.ES2022,
  module: ModuleKind.ESNext,
  experimentalDecorators: true,
};

/** The first program of a README: what a newcomer copies. */
function exampleOf(readme: string): string {
  const [, language, program] = /^```(js|ts)\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  if (program === undefined) throw new Error("The README has no example.");
  return language === "js" ? program : transpile(program, TYPESCRIPT);
}

function isPublished(name: string): boolean {
  const manifest = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")) as object;
  return !("private" in manifest);
}

describe("the example in the README of", () => {
  for (const name of readdirSync(packages).filter(isPublished)) {
    it(`@keyward/${name} runs, against the built package`, { timeout: 60_000 }, async () => {
      const folder = join(packages, name);
      const file = join(folder, "dist", "readme-example.mjs");
      writeFileSync(file, exampleOf(readFileSync(join(folder, "README.md"), "utf8")));
      try {
        const child = spawn(process.execPath, [...QUIET, file], {
          env: { PATH: process.env["PATH"] },
          stdio: ["ignore", "pipe", "pipe"],
        });
        let [output, errors] = ["", ""];
        child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
        const [code] = (await once(child, "close")) as [number | null];
        expect(code, output + errors).toBe(0);
        expect(errors).toBe("");
        expect(output).not.toBe("");
      } finally {
        rmSync(file);
      }
    });
  }
});
