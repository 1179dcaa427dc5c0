import { closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** Do not follow a symbolic link, and do not wait for a FIFO's writer. Windows has neither flag. */
const SAFE_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a regular file. Returns `undefined` for everything else: symbolic links, FIFOs, sockets and devices, which might
 * lead out of the folder, block, or act on being opened.
 *
 * @throws if there is no such file, or it may not be read
 */
export function openRegularFile(file: string): number | undefined {
  if (!lstatSync(file).isFile()) return undefined;
  const handle = openSync(file, SAFE_FLAGS);
  // It may have been replaced in between.
  if (fstatSync(handle).isFile()) return handle;
  closeSync(handle);
  return undefined;
}

/**
 * Returns a check for paths that come from elsewhere than a directory listing: whether all folders between the root and
 * the file are real folders inside the root, not symbolic links.
 */
export function createContainmentCheck(root: string): (file: string) => boolean {
  const checked = new Map<string, boolean>([[root, true]]);
  const isContained = (folder: string): boolean => {
    const isInside = checked.get(folder);
    if (isInside !== undefined) return isInside;
    const parent = dirname(folder);
    const result = parent !== folder && isContained(parent) && isFolder(folder);
    checked.set(folder, result);
    return result;
  };
  return (file) => isContained(dirname(file));
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
