import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { expect, onTestFinished } from "vitest";
import { root } from "./published-packages.mjs";

export const docs = join(root, "apps/docs");

const TO_RUN: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  experimentalDecorators: true,
};

/** A block of code on a page of the documentation, or in a README. */
export interface Block {
  readonly name: string;
  readonly language: string;
  /** The label of its tab, such as `server.mjs`. */
  readonly label: string | undefined;
  /** A whole server, which the commands after it are for. */
  readonly isServer: boolean;
  readonly program: string;
  /** A program that runs after the block, as part of the same module, and checks what it does. Readers do not see it. */
  readonly check: string;
}

/** A block's program as Node runs it, with its check. */
export function javaScriptOf({ language, program, check }: Block): string {
  const whole = `${program}\n${check}`;
  return language === "ts" ? ts.transpile(whole, TO_RUN) : whole;
}

/** The language, whether it is a server, the label of the tab, the program; then the check, in a comment. */
const BLOCK =
  /^```(ts|js|sh|nginx|yaml)( run)?(?: \[([^\n]+)\])?\n([\s\S]*?)^```$(?:\n\n<!-- check\n([\s\S]*?)-->)?/gm;

function blocksOf(file: string): Block[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(BLOCK)].map(([, language = "", runs, label, program = "", check = ""], index) => ({
    name: `${file}, block ${index + 1}`,
    language,
    label,
    isServer: runs !== undefined,
    program,
    check,
  }));
}

const pages = readdirSync(docs, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md") && !/node_modules|generated|\.vitepress/.test(name))
  .map((name) => join("apps/docs", name));
const readmes = readdirSync(join(root, "packages")).map((name) => join("packages", name, "README.md"));
export const allBlocks = [...pages, ...readmes, "README.md"].flatMap(blocksOf);

/** A folder that is gone when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "keyward-docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Runs a program to its end. Returns its output. */
export async function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
  const child = spawn(command, args, { cwd, env: { PATH: process.env["PATH"], ...env } });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  expect(code, output).toBe(0);
  return output;
}
