// Checks the fields that every published package has in its package.json and that follow from other places: the
// repository and the author from the root's package.json, the entry points from the package's own `exports`.
// With --write it writes them.
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { publishedPackages, root } from "./published-packages.mjs";

const { repository, bugs, author, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const address = repository.url.replace(/^git\+|\.git$/g, "");

/** The order of fields that readers of a package.json are used to; others keep their place after these. */
const FIRST_FIELDS = [
  "name",
  "version",
  "description",
  "keywords",
  "homepage",
  "bugs",
  "license",
  "author",
  "repository",
];

function sharedFields({ folder }) {
  const directory = relative(root, folder);
  return {
    homepage: `${address}/tree/main/${directory}#readme`,
    bugs,
    license,
    author,
    repository: { ...repository, directory },
    publishConfig: { access: "public" },
  };
}

/** The content of `exports`, for tools that do not read it: `moduleResolution: node` and old bundlers. */
function entryFields({ exports }) {
  const entries = Object.entries(exports).filter(([, { source }]) => source !== undefined);
  if (entries.length === 0) return {};
  const main = exports["."];
  const subpaths = entries.filter(([entry]) => entry !== ".");
  return {
    main: main.require.default,
    module: main.import.default,
    types: main.import.types,
    ...(subpaths.length > 0 && {
      typesVersions: {
        "*": Object.fromEntries(subpaths.map(([entry, target]) => [entry.slice(2), [target.require.types]])),
      },
    }),
  };
}

/** The built files of an entry point, by its name: `./redis` is built as `dist/redis.js` and so on. */
function exportTarget(entry, { source }) {
  const name = entry === "." ? "index" : entry.slice(2);
  return {
    source,
    import: { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
    require: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
  };
}

function exportsOf({ exports }) {
  const targets = Object.entries(exports).map(([entry, target]) => [
    entry,
    target.source === undefined ? target : exportTarget(entry, target),
  ]);
  return { exports: Object.fromEntries(targets) };
}

/** The manifest as it should be. */
function complete(published) {
  const { manifest } = published;
  const exports = exportsOf(manifest);
  const merged = { ...manifest, ...exports, ...entryFields(exports), ...sharedFields(published) };
  const first = FIRST_FIELDS.map((field) => [field, merged[field]]);
  const rest = Object.entries(merged).filter(([field]) => !FIRST_FIELDS.includes(field));
  return Object.fromEntries([...first, ...rest]);
}

const write = process.argv.includes("--write");
const problems = [];
for (const published of publishedPackages()) {
  const { folder, manifest } = published;
  const file = join(folder, "package.json");
  const expected = complete(published);
  if (isDeepStrictEqual(manifest, expected)) continue;
  if (write) {
    writeFileSync(file, `${JSON.stringify(expected, undefined, 2)}\n`);
  } else {
    const fields = Object.keys(expected).filter(
      (field) => !isDeepStrictEqual(manifest[field], expected[field]),
    );
    problems.push(`${relative(root, file)}: ${fields.join(", ")}`);
  }
}
if (problems.length > 0) {
  console.error(
    `These fields do not follow from the root's package.json and the exports:\n${problems.join("\n")}`,
  );
  console.error("Write them with: node scripts/manifests.mjs --write");
  process.exit(1);
}
