import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { type FoundKey } from "@keyward/core";
import { Refused } from "../act.ts";
import { leaksIn, type Leak } from "./leak.ts";

const MOST_OUTPUT = 1024 * 1024 * 1024;

export function git(folder: string, ...args: readonly string[]): Buffer {
  try {
    return execFileSync("git", ["-C", folder, ...args], {
      maxBuffer: MOST_OUTPUT,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer };
    if (code === "ENOENT") throw new Refused("This needs git, which is not installed.");
    throw new Refused(`git: ${stderr?.toString().trim() ?? String(error)}`);
  }
}

export function isRepository(folder: string): boolean {
  try {
    return git(folder, "rev-parse", "--is-inside-work-tree").toString().trim() === "true";
  } catch {
    return false;
  }
}

/** An object of git's that has a file's content, and a path that it has or had. */
interface Blob {
  readonly name: string;
  readonly path: string;
}

/** Searches what is about to be committed. */
export async function* scanStaged(
  folder: string,
  findKeys: (text: string) => FoundKey[],
): AsyncGenerator<Leak> {
  const changed = git(folder, "diff", "--cached", "--name-only", "--diff-filter=d", "-z").toString();
  const blobs = changed
    .split("\0")
    .filter((path) => path !== "")
    .map((path) => ({ name: `:${path}`, path }));
  for await (const { name: _name, ...leak } of scanBlobs(folder, blobs, findKeys)) yield leak;
}

/** Searches every content that any commit has. Each is searched once, however many commits have it. */
export async function* scanHistory(
  folder: string,
  findKeys: (text: string) => FoundKey[],
): AsyncGenerator<Leak> {
  const objects = git(folder, "rev-list", "--objects", "--all").toString().split("\n");
  // Commits have no path; folders have one, and are passed over when their content comes.
  const blobs = objects.flatMap((line) => {
    const space = line.indexOf(" ");
    return space < 0 || space === line.length - 1
      ? []
      : [{ name: line.slice(0, space), path: line.slice(space + 1) }];
  });
  // A key stays in every later content of its file; the last one that is listed is the oldest.
  const oldest = new Map<string, Leak & { readonly name: string }>();
  for await (const leak of scanBlobs(folder, blobs, findKeys)) {
    oldest.set(`${leak.path} ${leak.secret.masked}`, leak);
  }
  for (const { name, ...leak } of oldest.values()) {
    const commits = git(folder, "log", "--all", "--format=%H", `--find-object=${name}`).toString().trim();
    const commit = commits.split("\n").at(-1);
    yield commit === undefined || commit === "" ? leak : { ...leak, commit };
  }
}

/** Has one `git cat-file` give the contents, one after the other. */
async function* scanBlobs(
  folder: string,
  blobs: readonly Blob[],
  findKeys: (text: string) => FoundKey[],
): AsyncGenerator<Leak & { readonly name: string }> {
  if (blobs.length === 0) return;
  const reader = spawn("git", ["-C", folder, "cat-file", "--batch", "--buffer"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  reader.stdin.on("error", () => {});
  reader.stdin.end(`${blobs.map(({ name }) => name).join("\n")}\n`);
  const contents = new Contents(reader.stdout);
  for (const { name, path } of blobs) {
    const header = await contents.line();
    const [, type, size] = header.split(" ");
    // A path in the index that is no content: a submodule.
    if (type === undefined || size === undefined || !/^\d+$/.test(size)) continue;
    const content = await contents.bytes(Number(size) + 1);
    if (type !== "blob") continue;
    const text = content.toString("latin1", 0, content.length - 1);
    for (const leak of leaksIn(path, text, findKeys(text))) yield { ...leak, name };
  }
  if (reader.exitCode === null) await once(reader, "exit");
}

/** Reads lines and counted bytes from one stream. */
class Contents {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(10);
      if (end >= 0) {
        const line = this.#rest.toString("utf8", 0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      this.#rest = Buffer.concat([this.#rest, await this.#next()]);
    }
  }

  async bytes(count: number): Promise<Buffer> {
    const parts = [this.#rest];
    let length = this.#rest.length;
    while (length < count) {
      const chunk = await this.#next();
      parts.push(chunk);
      length += chunk.length;
    }
    const all = parts.length === 1 ? this.#rest : Buffer.concat(parts);
    this.#rest = all.subarray(count);
    return all.subarray(0, count);
  }

  async #next(): Promise<Buffer> {
    const { value, done } = await this.#chunks.next();
    if (done === true) throw new Refused("git: ended before it had given all that it was asked for.");
    return value;
  }
}
