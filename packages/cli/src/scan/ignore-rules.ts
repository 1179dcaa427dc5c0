import { closeSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";
import { CommandError } from "../command-error.ts";
import { isRegularFile } from "../regular-file.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { GitNotInstalled, type IsolatedGit } from "./isolated-git.ts";
import { openRegularFile } from "./open-regular-file.ts";
import type { Repository } from "./repository.ts";

/** Ignore rules, and the folder that their patterns are relative to. */
export interface IgnoreRules {
  readonly folder: string;
  readonly rules: Ignore;
}

/** The rules of the `.gitignore` in a folder. Like Git, follows no symbolic link there. */
export function rulesOfFolder(folder: string): IgnoreRules[] {
  try {
    const handle = openRegularFile(join(folder, ".gitignore"));
    if (handle === undefined) return [];
    try {
      return [toRules(folder, handle)];
    } finally {
      closeSync(handle);
    }
  } catch {
    return [];
  }
}

/** The rules for a repository that are not part of it: those of the user, and those of this clone. */
export function rulesOfRepository(
  { root, commonDir }: Repository,
  git: IsolatedGit,
  env: Terminal["env"],
): IgnoreRules[] {
  return [userExcludesFile(git, env), join(commonDir, "info/exclude")]
    .filter(isRegularFile)
    .map((file) => toRules(root ?? commonDir, file));
}

/** Returns whether a path is ignored. The nearest rules decide: they may re-include a file that a parent folder ignores. */
export function isIgnored(path: string, isFolder: boolean, all: readonly IgnoreRules[]): boolean {
  for (const { folder, rules } of all.toReversed()) {
    const name = relative(folder, path).replaceAll(sep, "/");
    const { ignored, unignored } = rules.test(`${name}${isFolder ? "/" : ""}`);
    if (ignored || unignored) return ignored;
  }
  return false;
}

/** Matching takes too long for patterns with many of these. Without such a pattern, more files are scanned. */
const DOUBLE_STAR = /\*\*/g;
const MAX_DOUBLE_STARS = 3;
/** Matching takes too long for more rules than this. */
const MAX_RULES = 10_000;

function toRules(folder: string, file: string | number): IgnoreRules {
  const patterns = readFileSync(file, "utf8")
    .split(/\r?\n/)
    .filter((pattern) => (pattern.match(DOUBLE_STAR)?.length ?? 0) <= MAX_DOUBLE_STARS);
  return { folder, rules: ignore().add(patterns.slice(0, MAX_RULES)) };
}

function userExcludesFile(git: IsolatedGit, env: Terminal["env"]): string {
  try {
    return git.run("config", "--path", "--get", "core.excludesFile").toString().trim();
  } catch (error) {
    if (!(error instanceof CommandError) || error instanceof GitNotInstalled) throw error;
    // It is not set.
    return join(env["XDG_CONFIG_HOME"] || join(env["HOME"] ?? "", ".config"), "git/ignore");
  }
}
