import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { run } from "../src/program.ts";
import { createTerminal } from "../src/terminal/terminal.ts";

export const BIN = fileURLToPath(new URL("../bin/keyward.js", import.meta.url));
export const SECRET = "Zx3vQ9kT1x8Lm0RaB1a234b56Qw7Er8Ty9Ui0Op";

export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export interface Shell {
  readonly folder: string;
  /** Runs a command in the folder, in this process. */
  keyward(...args: readonly string[]): Promise<CommandResult>;
  keywardWith(options: RunOptions, ...args: readonly string[]): Promise<CommandResult>;
  /** Runs the built program in the folder, as a user does. */
  spawnKeyward(options: RunOptions, ...args: readonly string[]): Promise<CommandResult>;
  git(...args: readonly string[]): string;
}

/** Opens a folder with a new deployment: an empty SQLite store, and a secret. */
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

  async function keywardWith(options: RunOptions, ...args: readonly string[]): Promise<CommandResult> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const terminal = createTerminal({
      env: { ...environment, ...options.env },
      cwd: () => folder,
      stdin: Readable.from([options.input ?? ""]),
      stdout,
      stderr,
    });
    const texts = Promise.all([readAll(stdout), readAll(stderr)]);
    const code = await run(args, terminal);
    stdout.end();
    stderr.end();
    const [out, err] = await texts;
    return { code, out, err };
  }

  async function spawnKeyward(options: RunOptions, ...args: readonly string[]): Promise<CommandResult> {
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", BIN, ...args], {
      cwd: folder,
      env: { ...environment, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const texts = Promise.all([readAll(child.stdout), readAll(child.stderr)]);
    child.stdin.end(options.input ?? "");
    const [code] = (await once(child, "close")) as [number | null];
    const [out, err] = await texts;
    return { code, out, err };
  }
  return {
    folder,
    keyward: (...args) => keywardWith({}, ...args),
    keywardWith,
    spawnKeyward,
    git: (...args) =>
      execFileSync("git", args, {
        cwd: folder,
        env: environment,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }),
  };
}

async function readAll(stream: AsyncIterable<Buffer | string>): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += chunk.toString();
  return text;
}
