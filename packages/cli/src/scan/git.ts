import { createHash } from "node:crypto";
import { CommandError } from "../command-error.ts";
import { searchBlobs, type GitBlob, type KeyInBlob } from "./git-objects.ts";
import type { IsolatedGit } from "./isolated-git.ts";
import type { FindKeys, Leak } from "./leak.ts";

/** The result of a scan of Git objects. */
export interface GitScan {
  readonly leaks: readonly Leak[];
  /** The number of contents that this clone does not have. */
  readonly missing: number;
}

/** `:<old mode> <new mode> <old id> <new id> <status>`, from `git diff --raw -z`. A path follows. */
const RAW_CHANGE = /^:\d{6} (\d{6}) [0-9a-f]+ ([0-9a-f]+) [A-Z]\d*$/;
/** Modes without content: no file, and a commit of a submodule. */
const WITHOUT_CONTENT = new Set(["000000", "160000"]);

/** Searches the staged changes. */
export async function scanStaged(git: IsolatedGit, findKeys: FindKeys): Promise<GitScan> {
  const changes = git
    .run("diff", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--diff-filter=d")
    .toString()
    .split("\0");
  const blobs: GitBlob[] = [];
  for (let index = 0; index + 1 < changes.length; index += 2) {
    const [, mode = "", id = ""] = RAW_CHANGE.exec(changes[index] ?? "") ?? [];
    if (mode === "") throw new CommandError("git: unexpected output of diff.");
    if (!WITHOUT_CONTENT.has(mode)) blobs.push({ id, path: changes[index + 1] as string });
  }
  const leaks: Leak[] = [];
  const missing = await searchAll(git, blobs, findKeys, ({ blob, ...key }) =>
    leaks.push({ path: blob.path, ...key }),
  );
  return { leaks, missing };
}

/** Searches every content that is in any commit of any ref, each once. Reports the oldest content with a key. */
export async function scanHistory(git: IsolatedGit, findKeys: FindKeys): Promise<GitScan> {
  const objects = git.run("rev-list", "--objects", "--all", "--missing=print").toString().split("\n");
  const absent = objects.filter((line) => line.startsWith("?")).length;
  // Commits have no path. Folders have one, and are skipped once Git reports their type.
  const blobs = objects.flatMap((line) => {
    const [, id, path] = /^([0-9a-f]+) (.+)$/s.exec(line) ?? [];
    return id === undefined || path === undefined ? [] : [{ id, path }];
  });
  // A key stays in every later content of its file. Git lists the newest commits first.
  const oldest = new Map<string, KeyInBlob>();
  const missing = await searchAll(git, blobs, findKeys, (key) => {
    const digest = createHash("sha256").update(key.secret.reveal()).digest("base64");
    oldest.set(`${digest} ${key.blob.path}`, key);
  });
  const leaks = [...oldest.values()].map(({ blob, ...key }): Leak => {
    const commit = introducedIn(git, blob.id);
    return { path: blob.path, ...key, ...(commit !== undefined && { commit }) };
  });
  return { leaks, missing: missing + absent };
}

async function searchAll(
  git: IsolatedGit,
  blobs: readonly GitBlob[],
  findKeys: FindKeys,
  onKey: (key: KeyInBlob) => void,
): Promise<number> {
  let missing = 0;
  for await (const key of searchBlobs(git, blobs, findKeys, () => (missing += 1))) onKey(key);
  return missing;
}

/** The first commit with a content. `undefined` if a merge introduced it, or this clone lacks parts of the history. */
function introducedIn(git: IsolatedGit, id: string): string | undefined {
  const args = ["--all", "--no-show-signature", "--format=%H", `--find-object=${id}`];
  try {
    return (
      git
        .run("log", ...args)
        .toString()
        .trim()
        .split("\n")
        .at(-1) || undefined
    );
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return undefined;
  }
}
