import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pnpm } from "./pnpm.mjs";

/** The size in bytes of a packed package and all that is installed with it, without database drivers. */
export function installedSize(name, archives, into) {
  const cwd = mkdtempSync(join(into, "installed-"));
  const manifest = { private: true, dependencies: { [name]: archives[name] } };
  const workspace = { packages: [], overrides: archives, ignoredOptionalDependencies: ["libsql"] };
  writeFileSync(join(cwd, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(cwd, "pnpm-workspace.yaml"), JSON.stringify(workspace));
  const [command, ...args] = pnpm("install", "--prod", "--prefer-offline", "--no-frozen-lockfile");
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  // Links lead to other folders of the same store, which are counted there.
  const entries = readdirSync(join(cwd, "node_modules/.pnpm"), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, { parentPath, path, name: file }) => sum + statSync(join(parentPath ?? path, file)).size,
      0,
    );
}
