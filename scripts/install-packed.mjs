import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pnpm } from "./pnpm.mjs";

/**
 * Installs the dependencies of a project in a separate folder. Whatever depends on a Keyward package gets the one that was
 * packed: `archives` are those, by name. `allowBuilds` are the packages that may, or may not, run something then. `packages` are the
 * folders of further projects inside, which are installed together.
 */
export function installPacked(cwd, archives, allowBuilds, packages = []) {
  const workspace = { packages, overrides: archives, allowBuilds };
  writeFileSync(join(cwd, "pnpm-workspace.yaml"), JSON.stringify(workspace));
  const [command, ...args] = pnpm("install", "--prefer-offline", "--no-frozen-lockfile");
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
}

/** Archives by the name of their package, as dependencies and overrides have them. */
export function archivesOf(packed) {
  return Object.fromEntries(packed.map(({ manifest, archive }) => [manifest.name, `file:${archive}`]));
}
