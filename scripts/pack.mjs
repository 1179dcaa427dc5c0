import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pnpm } from "./pnpm.mjs";
import { publishedPackages, root } from "./published-packages.mjs";

/**
 * Packs the packages as they are published, into a folder. Returns for each its manifest in the sources, the archive,
 * its size in bytes and the paths of the files in it.
 */
export function packAll(into) {
  const packages = publishedPackages();
  const filters = packages.flatMap(({ manifest }) => ["--filter", manifest.name]);
  const [command, ...args] = pnpm("--recursive", ...filters, "pack", "--json", "--out", join(into, "%s.tgz"));
  const options = {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  };
  const packed = new Map(JSON.parse(execFileSync(command, args, options)).map((one) => [one.name, one]));
  return packages.map(({ folder, manifest }) => {
    const { filename, size, files } = packed.get(manifest.name);
    return { manifest, folder, archive: filename, size, files: files.map(({ path }) => path) };
  });
}

/** A file of a packed package, as text. */
export function packedFile(archive, path) {
  const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 };
  return execFileSync("tar", ["-xzOf", archive, `package/${path}`], options);
}
