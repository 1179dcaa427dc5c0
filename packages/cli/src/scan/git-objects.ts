import { once } from "node:events";
import { CommandError } from "../command-error.ts";
import { ByteReader } from "./byte-reader.ts";
import { FileSearch } from "./file-search.ts";
import type { IsolatedGit } from "./isolated-git.ts";
import type { FindKeys, KeyInFile } from "./leak.ts";

/** The content of a file in Git, and a path that it has or had. */
export interface GitBlob {
  readonly id: string;
  readonly path: string;
}

/** A key in the content of a file in Git. */
export interface KeyInBlob extends KeyInFile {
  readonly blob: GitBlob;
}

/**
 * Searches contents, which one `git cat-file` process delivers one after the other. It requests them by id, not by path,
 * because paths can contain line breaks and Git syntax.
 *
 * @param onMissing is called for each content that the repository does not have
 */
export async function* searchBlobs(
  git: IsolatedGit,
  blobs: readonly GitBlob[],
  findKeys: FindKeys,
  onMissing: () => void,
): AsyncGenerator<KeyInBlob> {
  if (blobs.length === 0) return;
  const process = git.spawn("cat-file", "--batch", "--buffer");
  const ended = once(process, "close");
  try {
    // If Git exits early, reading its output fails.
    process.stdin.on("error", () => {});
    process.stdin.end(`${blobs.map(({ id }) => id).join("\n")}\n`);
    const reader = new ByteReader(process.stdout);
    for (const blob of blobs) {
      const [id, type, size] = (await reader.readLine()).split(" ");
      if (id !== blob.id) throw new CommandError("git: unexpected output of cat-file.");
      if (type === "missing") {
        onMissing();
        continue;
      }
      const search = type === "blob" ? new FileSearch(findKeys) : undefined;
      for await (const { bytes, isLast } of reader.readPieces(Number(size)))
        for (const key of search?.search(bytes, isLast) ?? []) yield { ...key, blob };
      await reader.readLine();
    }
    const [code] = (await ended) as [number | null];
    if (code !== 0) throw new CommandError(`git: cat-file exited with ${code}.`);
  } finally {
    process.kill();
  }
}
