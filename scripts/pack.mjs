import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pnpm } from "./pnpm.mjs";
import { publishedPackages } from "./published-packages.mjs";

/**
 * Packs each package as it is published, into a folder. Returns its manifest in the sources, the archive, its size in bytes and the paths of the files in it.
 */
export function packAll(into) {
  return publishedPackages().map(({ name, folder, manifest }) => {
    const archive = join(into, `${name}.tgz`);
    const [command, ...args] = pnpm("pack", "--json", "--out", archive);
    const options = { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] };
    const { size, files } = JSON.parse(execFileSync(command, args, options));
    return { manifest, folder, archive, size, files: files.map(({ path }) => path) };
  });
}

/** A file of a packed package, as text. */
export function packedFile(archive, path) {
  const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 };
  return execFileSync("tar", ["-xzOf", archive, `package/${path}`], options);
}
