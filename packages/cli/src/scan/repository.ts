import { statSync, type Stats } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { readRegularFile } from "../regular-file.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** The parts of a Git repository. They are found without Git, which would read the repository's configuration. */
export interface Repository {
  /** The folder with the files; `undefined` for a bare repository. */
  readonly root: string | undefined;
  /** HEAD and the index of this work tree. */
  readonly gitDir: string;
  /** Objects and refs, which linked work trees share. */
  readonly commonDir: string;
  readonly indexFile: string;
}

/** Finds the repository that a folder belongs to. Inside a Git hook, it is the one that Git names in the environment. */
export function findRepository(
  folder: string,
  { env, cwd }: Pick<Terminal, "env" | "cwd">,
): Repository | undefined {
  const ofHook = repositoryOfHook(env, cwd);
  if (ofHook?.root !== undefined && isInside(folder, ofHook.root)) return ofHook;
  for (let root = folder; ; root = dirname(root)) {
    const repository = repositoryAt(root);
    if (repository !== undefined) return repository;
    if (isGitDir(root)) return describe(undefined, root);
    if (dirname(root) === root) return undefined;
  }
}

/** The repository whose top folder this is: one with a `.git` folder, or with a `.git` file that names one. */
export function repositoryAt(root: string): Repository | undefined {
  const entry = join(root, ".git");
  if (isGitDir(entry)) return describe(root, entry);
  const [, path] = /^gitdir: ([^\r\n]+)/.exec(readRegularFile(entry) ?? "") ?? [];
  const gitDir = path === undefined ? undefined : resolve(root, path);
  return gitDir !== undefined && isGitDir(gitDir) ? describe(root, gitDir) : undefined;
}

/** Reads the variables that `git commit` sets for hooks. It prepares the index of some commits in a separate file. */
function repositoryOfHook(env: Terminal["env"], cwd: string): Repository | undefined {
  const { GIT_DIR: gitDir, GIT_WORK_TREE: workTree, GIT_INDEX_FILE: indexFile } = env;
  const root = workTree ? resolve(cwd, workTree) : cwd;
  const repository = gitDir ? describe(root, resolve(cwd, gitDir)) : repositoryAt(cwd);
  if (repository === undefined || !indexFile) return gitDir ? repository : undefined;
  return { ...repository, indexFile: resolve(cwd, indexFile) };
}

function describe(root: string | undefined, gitDir: string): Repository {
  const common = readRegularFile(join(gitDir, "commondir"))?.trim();
  const commonDir = common === undefined ? gitDir : resolve(gitDir, common);
  return { root, gitDir, commonDir, indexFile: join(gitDir, "index") };
}

/** Recognizes a Git directory as Git does. A linked work tree has its objects and refs elsewhere. */
function isGitDir(path: string): boolean {
  const at = (name: string) => statOf(join(path, name));
  if (at("HEAD")?.isFile() !== true) return false;
  if (at("commondir")?.isFile() === true) return true;
  return at("objects")?.isDirectory() === true && at("refs")?.isDirectory() === true;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

export function isInside(path: string, folder: string): boolean {
  const from = relative(folder, path);
  return from !== ".." && !from.startsWith(`..${sep}`);
}
