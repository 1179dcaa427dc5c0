import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pnpm } from "./pnpm.mjs";

/** The folder into which pnpm unpacks what it installs, one folder for each package. */
const STORE = "node_modules/.pnpm";

/**
 * Installs a packed package without database drivers and peers. Returns the size in bytes of it and of everything that is installed with
 * it, and the number of packages.
 */
export function installedSize(name, archives, into) {
  const cwd = mkdtempSync(join(into, "installed-"));
  const manifest = { private: true, dependencies: { [name]: archives[name] } };
  const workspace = {
    packages: [],
    overrides: archives,
    ignoredOptionalDependencies: ["libsql"],
    autoInstallPeers: false,
  };
  writeFileSync(join(cwd, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(cwd, "pnpm-workspace.yaml"), JSON.stringify(workspace));
  const [command, ...args] = pnpm("install", "--prod", "--prefer-offline", "--no-frozen-lockfile");
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  // Links lead to other folders of the same store, which are counted there.
  const files = readdirSync(join(cwd, STORE), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return {
    bytes: files.reduce(
      (sum, { parentPath, path, name: file }) => sum + statSync(join(parentPath ?? path, file)).size,
      0,
    ),
    packages: readdirSync(join(cwd, STORE)).filter((folder) => folder.includes("@")).length,
  };
}
