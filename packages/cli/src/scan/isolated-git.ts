import { execFileSync, spawn, type ChildProcessByStdio } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { CommandError } from "../command-error.ts";
import { isRegularFile } from "../regular-file.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { Repository } from "./repository.ts";

const MAX_OUTPUT_BYTES = 1024 * 1024 * 1024;

/** Settings that describe the format of a repository, and their allowed values. No other settings are copied. */
const FORMAT_SETTINGS: Readonly<Record<string, RegExp>> = {
  "extensions.objectformat": /^sha(?:1|256)$/,
  "extensions.refstorage": /^(?:files|reftable)$/,
};

/** Overrides of the user's own settings that would act on the temporary repository. */
const OVERRIDES = ["core.fsmonitor=false", "core.untrackedCache=false", `core.hooksPath=${devNull}`];

/**
 * Runs Git on an untrusted repository. Many settings of a repository name commands that Git runs: `core.fsmonitor`,
 * `gpg.program`, remotes of missing objects, hooks. So Git never opens the repository itself, but a temporary one with its
 * objects, refs and index, and without its configuration and hooks.
 */
export class IsolatedGit {
  /** The top folder of the work tree; `undefined` for a bare repository. */
  readonly root: string | undefined;
  readonly #gitDir: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor({ root, gitDir, commonDir, indexFile }: Repository, env: Terminal["env"]) {
    this.root = root;
    this.#gitDir = mkdtempSync(join(tmpdir(), "keyward-git-"));
    this.#env = {
      ...withoutRepository(env),
      GIT_DIR: this.#gitDir,
      ...(root !== undefined && { GIT_WORK_TREE: root }),
      // Missing objects stay missing: nothing is fetched, by no transport.
      GIT_NO_LAZY_FETCH: "1",
      GIT_ALLOW_PROTOCOL: "none",
      // Objects are read as they are, not as refs/replace shows them.
      GIT_NO_REPLACE_OBJECTS: "1",
      GIT_OPTIONAL_LOCKS: "0",
      GIT_TERMINAL_PROMPT: "0",
      LC_ALL: "C",
    };
    try {
      this.#link(commonDir, "objects");
      this.#link(commonDir, "refs");
      for (const name of ["packed-refs", "shallow"]) this.#copy(join(commonDir, name), name);
      this.#copy(join(gitDir, "HEAD"), "HEAD");
      this.#copy(indexFile, "index");
      for (const name of readdirSync(gitDir))
        if (name.startsWith("sharedindex.")) this.#copy(join(gitDir, name), name);
      this.#configure(join(commonDir, "config"));
      if (isRegularFile(join(commonDir, "reftable/tables.list"))) this.#link(commonDir, "reftable");
    } catch (error) {
      this.close();
      throw error;
    }
  }

  run(...args: readonly string[]): Buffer {
    try {
      return execFileSync("git", this.#arguments(args), {
        cwd: this.root ?? this.#gitDir,
        env: this.#env,
        maxBuffer: MAX_OUTPUT_BYTES,
        stdio: ["ignore", "pipe", "pipe"],
      });
    } catch (error) {
      const { stderr } = error as { stderr?: Buffer };
      throw gitError(error, stderr?.toString() ?? "");
    }
  }

  /** Starts a command that reads from stdin. Its messages are not printed. */
  spawn(...args: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
    return spawn("git", this.#arguments(args), {
      cwd: this.root ?? this.#gitDir,
      env: this.#env,
      stdio: ["pipe", "pipe", "ignore"],
    });
  }

  close(): void {
    rmSync(this.#gitDir, { recursive: true, force: true });
  }

  #arguments(args: readonly string[]): string[] {
    return [...OVERRIDES.flatMap((setting) => ["-c", setting]), ...args];
  }

  #link(from: string, name: string): void {
    symlinkSync(join(from, name), join(this.#gitDir, name), "junction");
  }

  #copy(from: string, name: string): void {
    if (isRegularFile(from)) copyFileSync(from, join(this.#gitDir, name));
  }

  /** Writes a new configuration with the format of the repository. */
  #configure(file: string): void {
    const write = (settings: string) =>
      writeFileSync(
        join(this.#gitDir, "config"),
        `[core]\n\trepositoryFormatVersion = 1\n\tbare = ${this.root === undefined}\n${settings}`,
      );
    write("");
    if (!isRegularFile(file)) return;
    let format = "";
    const names = Object.keys(FORMAT_SETTINGS).map((name) => name.replace(".", "\\."));
    for (const setting of this.#readSettings(file, `^(${names.join("|")})$`)) {
      const [name = "", value = ""] = setting.split("\n", 2);
      if (FORMAT_SETTINGS[name]?.test(value) === true)
        format += `[extensions]\n\t${name.replace("extensions.", "")} = ${value}\n`;
    }
    write(format);
  }

  /** Parses a configuration file without applying it. */
  #readSettings(file: string, names: string): string[] {
    try {
      const list = this.run("config", "--file", file, "--no-includes", "-z", "--get-regexp", names);
      return list.toString().split("\0");
    } catch (error) {
      // Git fails if no setting matches. A missing Git is another matter.
      if (error instanceof GitNotInstalled) throw error;
      return [];
    }
  }
}

/** Git's variables that name a repository, such as those that a hook gets. */
const REPOSITORY_VARIABLES = new Set([
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_COMMON_DIR",
  "GIT_PREFIX",
]);

function withoutRepository(env: Terminal["env"]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !REPOSITORY_VARIABLES.has(name)));
}

export class GitNotInstalled extends CommandError {
  constructor(cause: unknown) {
    super("This needs git, which is not installed.", { cause });
  }
}

function gitError(cause: unknown, stderr: string): CommandError {
  if ((cause as NodeJS.ErrnoException).code === "ENOENT") return new GitNotInstalled(cause);
  return new CommandError(`git: ${stderr.trim() || String(cause)}`, { cause });
}
