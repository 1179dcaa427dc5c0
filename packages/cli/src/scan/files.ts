import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { MAX_KEY_LENGTH, type FoundKey } from "@keyward/core";
import ignore, { type Ignore } from "ignore";
import { git, isRepository } from "./git.ts";
import { leaksIn, placeAfter, START, type Leak } from "./leak.ts";

const PIECE_BYTES = 8 * 1024 * 1024;

/** What was read, for those who want to know how fast it went. */
export interface Scanned {
  files: number;
  bytes: number;
}

/** Searches a file, or a folder with all that its .gitignore files do not leave out. Gives whole paths. */
export function* scanFiles(
  path: string,
  findKeys: (text: string) => FoundKey[],
  scanned: Scanned,
): Generator<Leak> {
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (const file of filesOf(path)) {
    yield* scanFile(file, findKeys, scanned, buffer);
  }
}

function* filesOf(path: string): Generator<string> {
  const root = resolve(path);
  if (!lstatSync(root).isDirectory()) yield root;
  else if (isRepository(root)) yield* filesOfRepository(root);
  else yield* filesOfFolder(root, []);
}

/** What git tracks, and what is new and not ignored. */
function* filesOfRepository(root: string): Generator<string> {
  const listed = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate");
  for (const name of listed.toString().split("\0")) if (name !== "") yield join(root, name);
}

interface Rules {
  readonly folder: string;
  readonly rules: Ignore;
}

function* filesOfFolder(folder: string, above: readonly Rules[]): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true });
  const here = entries.some((entry) => entry.name === ".gitignore" && entry.isFile())
    ? [...above, { folder, rules: ignore().add(readFileSync(join(folder, ".gitignore"), "utf8")) }]
    : above;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name === ".git" || isIgnored(path, entry.isDirectory(), here)) continue;
    if (entry.isDirectory()) yield* filesOfFolder(path, here);
    else if (entry.isFile()) yield path;
  }
}

/** The rules nearest to a file count most: one of them may take back what one above says. */
function isIgnored(path: string, isFolder: boolean, all: readonly Rules[]): boolean {
  for (const { folder, rules } of all.toReversed()) {
    const { ignored, unignored } = rules.test(`${relative(folder, path)}${isFolder ? "/" : ""}`);
    if (ignored || unignored) return ignored;
  }
  return false;
}

/** Reads a file in pieces that overlap by the length of a key. What cannot be read, or is no file, is passed over. */
function* scanFile(
  file: string,
  findKeys: (text: string) => FoundKey[],
  scanned: Scanned,
  buffer: Buffer,
): Generator<Leak> {
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch {
    return;
  }
  try {
    if (!fstatSync(handle).isFile()) return;
    scanned.files += 1;
    let kept = 0;
    let place = START;
    for (;;) {
      const read = readSync(handle, buffer, kept, PIECE_BYTES - kept, null);
      const end = kept + read;
      scanned.bytes += read;
      const text = buffer.toString("latin1", 0, end);
      const isLast = kept + read < PIECE_BYTES;
      // What begins in the part that is read again is found then.
      const from = isLast ? end : end - MAX_KEY_LENGTH - 1;
      yield* leaksIn(
        file,
        text,
        findKeys(text).filter(({ start }) => start < from),
        place,
      );
      if (isLast) return;
      place = placeAfter(place, text.slice(0, from));
      buffer.copyWithin(0, from, end);
      kept = end - from;
    }
  } finally {
    closeSync(handle);
  }
}
