import { closeSync, lstatSync, readdirSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Terminal } from "../terminal/terminal.ts";
import { FileSearch } from "./file-search.ts";
import { isIgnored, rulesOfFolder, rulesOfRepository, type IgnoreRules } from "./ignore-rules.ts";
import { GitNotInstalled, IsolatedGit } from "./isolated-git.ts";
import type { FindKeys, KeyInFile, Leak } from "./leak.ts";
import { createContainmentCheck, openRegularFile } from "./open-regular-file.ts";
import { findRepository, repositoryAt, type Repository } from "./repository.ts";

const PIECE_BYTES = 8 * 1024 * 1024;

/** Counts of a scan so far. */
export interface ScanTotals {
  files: number;
  bytes: number;
  /** Files and folders that exist and could not be read. */
  unreadable: number;
  /** Repositories whose index was not read, because Git is not installed. */
  withoutIndex: number;
}

/**
 * Searches a file, or a folder: the files that Git tracks, and all others that are not ignored. Stays inside the folder:
 * does not follow symbolic links, and opens only regular files.
 *
 * @param path absolute and without symbolic links
 */
export class FileScan {
  readonly totals: ScanTotals = { files: 0, bytes: 0, unreadable: 0, withoutIndex: 0 };
  readonly #findKeys: FindKeys;
  readonly #terminal: Pick<Terminal, "env" | "cwd">;
  readonly #buffer = Buffer.allocUnsafe(PIECE_BYTES);

  constructor(findKeys: FindKeys, terminal: Pick<Terminal, "env" | "cwd">) {
    this.#findKeys = findKeys;
    this.#terminal = terminal;
  }

  *search(path: string): Generator<Leak> {
    for (const file of this.#filesAt(path))
      for (const key of this.#searchFile(file)) yield { path: file, ...key };
  }

  *#filesAt(path: string): Generator<string> {
    if (!lstatSync(path).isDirectory()) yield path;
    else {
      const repository = findRepository(path, this.#terminal);
      if (repository?.root === undefined) yield* this.#filesOfFolder(path, []);
      else yield* this.#filesOfRepository(repository, path);
    }
  }

  /** The files of a repository that are in a folder of it. */
  *#filesOfRepository(repository: Repository, folder: string): Generator<string> {
    const root = repository.root as string;
    const { tracked, rules } = this.#readRepository(repository);
    for (const above of foldersBetween(root, folder)) rules.push(...rulesOfFolder(above));
    const listed = new Set<string>();
    for (const file of this.#filesOfFolder(folder, rules)) {
      listed.add(file);
      yield file;
    }
    // Tracked files are searched even if they are ignored. Paths in the index may be hostile, so they are checked.
    const isContained = createContainmentCheck(folder);
    for (const name of tracked) {
      const file = join(root, name);
      if (name === "" || listed.has(file) || !isContained(file)) continue;
      const submodule = repositoryAt(file);
      if (submodule === undefined) yield file;
      // Other submodules were searched with their folder.
      else if (isIgnored(file, true, rules)) yield* this.#filesOfRepository(submodule, file);
    }
  }

  #readRepository(repository: Repository): { tracked: string[]; rules: IgnoreRules[] } {
    const git = new IsolatedGit(repository, this.#terminal.env);
    try {
      return {
        tracked: git.run("ls-files", "-z", "--cached", "--deduplicate").toString().split("\0"),
        rules: rulesOfRepository(repository, git, this.#terminal.env),
      };
    } catch (error) {
      if (!(error instanceof GitNotInstalled)) throw error;
      this.totals.withoutIndex += 1;
      return { tracked: [], rules: [] };
    } finally {
      git.close();
    }
  }

  *#filesOfFolder(folder: string, above: readonly IgnoreRules[]): Generator<string> {
    const rules = [...above, ...rulesOfFolder(folder)];
    for (const entry of this.#entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.name === ".git" || isIgnored(path, entry.isDirectory(), rules)) continue;
      if (entry.isFile()) yield path;
      else if (entry.isDirectory()) {
        const nested = repositoryAt(path);
        yield* nested === undefined
          ? this.#filesOfFolder(path, rules)
          : this.#filesOfRepository(nested, path);
      }
    }
  }

  #entriesOf(folder: string) {
    try {
      return readdirSync(folder, { withFileTypes: true });
    } catch {
      this.totals.unreadable += 1;
      return [];
    }
  }

  *#searchFile(file: string): Generator<KeyInFile> {
    let handle: number | undefined;
    try {
      handle = openRegularFile(file);
    } catch (error) {
      // A tracked file may have been removed since. A name that is not UTF-8 cannot be opened.
      const isGone = (error as NodeJS.ErrnoException).code === "ENOENT" && !file.includes("\uFFFD");
      if (!isGone) this.totals.unreadable += 1;
      return;
    }
    if (handle === undefined) return;
    try {
      this.totals.files += 1;
      const search = new FileSearch(this.#findKeys);
      let length: number;
      do {
        length = readSync(handle, this.#buffer, 0, PIECE_BYTES, null);
        this.totals.bytes += length;
        yield* search.search(this.#buffer.subarray(0, length), length < PIECE_BYTES);
      } while (length === PIECE_BYTES);
    } finally {
      closeSync(handle);
    }
  }
}

/** The folders from the root down to, and without, a folder. */
function foldersBetween(root: string, folder: string): string[] {
  const folders: string[] = [];
  for (let each = folder; each !== root && dirname(each) !== each; each = dirname(each))
    folders.unshift(dirname(each));
  return folders;
}
