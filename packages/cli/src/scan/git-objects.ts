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
 * Searches contents, which one `git cat-file` delivers one after the other. They are asked for by their ids, which cannot
 * be mistaken for anything else, and not by their paths.
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
    // If Git ends early, reading its output says so.
    process.stdin.on("error", () => {});
    process.stdin.end(`${blobs.map(({ id }) => id).join("\n")}\n`);
    const reader = new ByteReader(process.stdout);
    for (const blob of blobs) {
      const [id, type, size] = (await reader.readLine()).split(" ");
      if (id !== blob.id) throw new CommandError("git: cat-file gave an unexpected answer.");
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
    if (code !== 0) throw new CommandError(`git: cat-file ended with ${code}.`);
  } finally {
    process.kill();
  }
}
