import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ModuleKind, ScriptTarget, transpile, type CompilerOptions } from "typescript";
import { describe, expect, it } from "vitest";

const packages = fileURLToPath(new URL("../packages", import.meta.url));

/** Expected warnings: plain HTTP in an example, and Node 22's own SQLite. */
const QUIET = ["--disable-warning=KEYWARD_PLAIN_HTTP", "--disable-warning=ExperimentalWarning"];

const TYPESCRIPT: CompilerOptions = {
  target: ScriptTarget.ES2022,
  module: ModuleKind.ESNext,
  experimentalDecorators: true,
};

/** The first program of a README: what a newcomer copies. */
function exampleOf(readme: string): { readonly language: string; readonly program: string } {
  const [, language, program] = /^```(js|ts|sh)\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  if (language === undefined || program === undefined) throw new Error("The README has no example.");
  return { language, program: language === "ts" ? transpile(program, TYPESCRIPT) : program };
}

/** A shell's example runs in an empty folder, with the workspace's programs; another beside the built package. */
function start({ language, program }: ReturnType<typeof exampleOf>, folder: string) {
  const temporary = mkdtempSync(join(tmpdir(), "keyward-readme-"));
  const file = language === "sh" ? join(temporary, "example.sh") : join(folder, "dist", "readme-example.mjs");
  writeFileSync(file, program);
  const [command, args] = language === "sh" ? ["sh", ["-eu", file]] : [process.execPath, [...QUIET, file]];
  const child = spawn(command, args, {
    cwd: language === "sh" ? temporary : folder,
    env: {
      PATH: `${join(packages, "..", "node_modules", ".bin")}${delimiter}${process.env["PATH"]}`,
      ...(language === "sh" && { NODE_OPTIONS: QUIET.join(" ") }),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const cleanUp = () => {
    rmSync(file);
    rmSync(temporary, { recursive: true });
  };
  return { child, cleanUp, isShell: language === "sh" };
}

function isPublished(name: string): boolean {
  const manifest = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")) as object;
  return !("private" in manifest);
}

describe("the example in the README of", () => {
  for (const name of readdirSync(packages).filter(isPublished)) {
    it(`packages/${name} runs, against the built package`, { timeout: 60_000 }, async () => {
      const folder = join(packages, name);
      const readme = readFileSync(join(folder, "README.md"), "utf8");
      const { child, cleanUp, isShell } = start(exampleOf(readme), folder);
      try {
        let [output, errors] = ["", ""];
        child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
        const [code] = (await once(child, "close")) as [number | null];
        expect(code, output + errors).toBe(0);
        // A program in a shell says there what it does.
        expect(isShell ? "" : errors).toBe("");
        expect(output).not.toBe("");
      } finally {
        cleanUp();
      }
    });
  }
});
