import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const BIN = fileURLToPath(new URL("../bin/keyward.js", import.meta.url));
export const SECRET = "a secret of this test, and of no deployment";

export interface Told {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Shell {
  readonly folder: string;
  /** Runs the built command line in the folder. */
  keyward(...args: readonly string[]): Promise<Told>;
  keywardWith(
    options: { env?: Record<string, string>; input?: string },
    ...args: readonly string[]
  ): Promise<Told>;
  /** Runs git there, as somebody. */
  git(...args: readonly string[]): string;
}

/** A folder with a deployment of its own: an empty SQLite store, and a secret. */
export function openShell(env: Readonly<Record<string, string>> = {}): Shell {
  const folder = mkdtempSync(join(tmpdir(), "keyward-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const environment = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    KEYWARD_SECRET: SECRET,
    KEYWARD_ACTOR: "a test",
    GIT_AUTHOR_NAME: "somebody",
    GIT_AUTHOR_EMAIL: "somebody@example.com",
    GIT_COMMITTER_NAME: "somebody",
    GIT_COMMITTER_EMAIL: "somebody@example.com",
    ...env,
  };

  async function keywardWith(
    options: { env?: Record<string, string>; input?: string },
    ...args: readonly string[]
  ): Promise<Told> {
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", BIN, ...args], {
      cwd: folder,
      env: { ...environment, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    child.stdin.end(options.input ?? "");
    const [code] = (await once(child, "close")) as [number | null];
    return { code, out, err };
  }
  return {
    folder,
    keyward: (...args) => keywardWith({}, ...args),
    keywardWith,
    git: (...args) => execFileSync("git", args, { cwd: folder, env: environment, encoding: "utf8" }),
  };
}
