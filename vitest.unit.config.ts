import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, mergeConfig } from "vitest/config";
import { base } from "./vitest.base.ts";

const root = fileURLToPath(new URL(".", import.meta.url));

/** What a test imports if it needs a server, a browser or a build. */
const NOT_UNIT =
  /from "(@keyward\/test-servers|playwright-core|@axe-core\/.+)"|createRequire\(|\/dist\/|testAdapter/;

const sources = new Map<string, string>();
function sourceOf(path: string): string {
  const source = sources.get(path) ?? (existsSync(path) ? readFileSync(path, "utf8") : "");
  sources.set(path, source);
  return source;
}

/** Whether a test, and what it imports from beside it, needs nothing but Node. */
function isUnit(path: string, seen = new Set<string>()): boolean {
  if (seen.has(path)) return true;
  seen.add(path);
  const source = sourceOf(path);
  if (NOT_UNIT.test(source)) return false;
  const imported = [...source.matchAll(/from "(\.{1,2}\/[^"]+)"/g)].map(([, to]) =>
    join(dirname(path), to as string),
  );
  return imported.filter((to) => to.includes("/test/")).every((to) => isUnit(to, seen));
}

const unitTests = readdirSync(join(root, "packages"))
  .map((name) => join(root, "packages", name, "test"))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
  )
  .filter((path) => path.endsWith(".test.ts") && !path.includes("node_modules") && isUnit(path));

/** The tests that need no server, no browser and no build: `npm run test:unit`. */
export default mergeConfig(
  base,
  defineConfig({
    test: {
      name: "unit",
      include: unitTests.map((path) => relative(root, path)),
      // `npm test` tries ten times as many examples.
      env: { MODEL_RUNS: "1000" },
    },
  }),
);
