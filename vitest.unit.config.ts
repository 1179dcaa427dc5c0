import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, mergeConfig } from "vitest/config";
import { base } from "./vitest.base.ts";

const root = fileURLToPath(new URL(".", import.meta.url));

/** Imports of a test that needs a server, a browser, a build, or another process. */
const NOT_UNIT =
  /from "(@keyward\/test-servers|playwright-core|@axe-core\/.+|node:child_process)"|createRequire\(|\/dist\/|testAdapter/;

/** Imports of a source that needs a build. */
const BUILT = /from "[^"]*\/dist\//;

const sources = new Map<string, string>();
function sourceOf(path: string): string {
  const source = sources.get(path) ?? (existsSync(path) ? readFileSync(path, "utf8") : "");
  sources.set(path, source);
  return source;
}

/** The file that an import leads to, if it is a file of this repository. */
function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return join(dirname(from), specifier);
  const [, name, entry = "index"] = /^@keyward\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? [];
  return name === undefined ? undefined : join(root, "packages", name, "src", `${entry}.ts`);
}

/** True if a test, and what it imports of this repository, needs nothing but one process. */
function isUnit(path: string, seen = new Set<string>()): boolean {
  if (seen.has(path)) return true;
  seen.add(path);
  const source = sourceOf(path);
  if ((path.includes("/test/") ? NOT_UNIT : BUILT).test(source)) return false;
  return [...source.matchAll(/from "([^"]+)"/g)]
    .map(([, specifier]) => resolveImport(path, specifier as string))
    .every((to) => to === undefined || isUnit(to, seen));
}

const unitTests = readdirSync(join(root, "packages"))
  .filter((name) => name !== "test-servers")
  .map((name) => join(root, "packages", name, "test"))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
  )
  .filter((path) => path.endsWith(".test.ts") && !path.includes("node_modules") && isUnit(path));

/** The tests that need no server, no browser, no build and no other process: `npm run test:unit`. */
export default mergeConfig(
  base,
  defineConfig({
    test: {
      name: "unit",
      include: unitTests.map((path) => relative(root, path)),
      // Starting a process for each file would take longer than the tests. `npm test` does.
      pool: "threads",
      isolate: false,
      setupFiles: "vitest.reset-modules.ts",
      // `npm test` tries many more examples.
      env: { MODEL_RUNS: "30", FUZZ_MS: "100" },
    },
  }),
);
