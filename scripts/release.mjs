// Publishes what changesets have versioned, with provenance; with --dry-run it only packs each package and
// says whether it could be published: what is in it, how large it is, what it depends on and under which licences.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importTimeRatio } from "./import-time.mjs";
import { archivesOf } from "./install-packed.mjs";
import { installedSize } from "./installed-size.mjs";
import { packAll, packedFile } from "./pack.mjs";
import { pnpm } from "./pnpm.mjs";
import { root } from "./published-packages.mjs";
import { writeSboms } from "./sbom.mjs";
import { noticeProblems, NOTICES_FILE } from "./third-party-notices.mjs";

/** Packed and gzipped, in KB. Room to grow is an eighth or so; more is to be decided on, and not to happen. */
const BUDGETS_KB = {
  "@keyward/client": 22,
  "@keyward/console": 650,
  "@keyward/core": 370,
  "@keyward/express": 6,
  "@keyward/fastify": 7,
  "@keyward/hono": 7.5,
  "@keyward/fetch": 6,
  "@keyward/koa": 6,
  "@keyward/nestjs": 25,
  "@keyward/sql": 64,
  "@keyward/testkit": 170,
  keyward: 34,
};

/** Installed with all dependencies, without database drivers and peers. */
const INSTALLED_BUDGETS = {
  "@keyward/core": { megabytes: 2.6 },
  "@keyward/sql": { megabytes: 6.1 },
  "@keyward/console": { megabytes: 6 },
  "@keyward/testkit": { packages: 6 },
};

/** Importing a package may take this many times as long as importing another. */
const IMPORT_BUDGETS = { "@keyward/express": { peer: { "express-rate-limit": "^8.0.0" }, ratio: 2 } };

/** SPDX names of licences that are as permissive as Keyward's own. */
const LICENCES = new Set([
  "MIT",
  "ISC",
  "0BSD",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "BlueOak-1.0.0",
]);

/** Bundled code may be in the public domain too. */
const BUNDLED_LICENCES = new Set([...LICENCES, "Unlicense", "CC0-1.0"]);

/** Paths that a package may contain besides those that its manifest lists under `files`. */
const ALWAYS_PACKED = ["LICENSE", "README.md", "package.json"];

const LEAKS = [
  [/(^|\/)(test|tests|src|etc)\//, "is not part of the published package"],
  [/\.map$/, "is a source map"],
  [/\.(test|spec)\./, "is a test"],
  [/(?<!\.d)\.[cm]?ts$/, "is a source"],
  [/\.tsbuildinfo$|(^|\/)\.env|\.db$|\.pem$/, "does not belong in a published package"],
];

function problemsOf({ manifest, archive, size, files }) {
  const problems = [];
  for (const path of files) {
    const folders = manifest.files.filter((each) => !each.startsWith("!"));
    const allowed = [...ALWAYS_PACKED, ...folders];
    if (!allowed.some((each) => path === each || path.startsWith(`${each}/`)))
      problems.push(`${path} is not expected`);
    for (const [pattern, what] of LEAKS) if (pattern.test(path)) problems.push(`${path} ${what}`);
    if (/\.[cm]?js$/.test(path) && packedFile(archive, path).includes("//# sourceMappingURL"))
      problems.push(`${path} names a source map`);
  }
  for (const path of ALWAYS_PACKED) if (!files.includes(path)) problems.push(`has no ${path}`);
  const packed = JSON.parse(packedFile(archive, "package.json"));
  for (const kind of ["dependencies", "peerDependencies", "optionalDependencies"]) {
    for (const [name, range] of Object.entries(packed[kind] ?? {})) {
      if (/^(workspace|file|link|catalog):|^\*$/.test(range)) problems.push(`${kind} ${name}: ${range}`);
    }
  }
  if (Object.values(packed.exports ?? {}).some(({ source }) => source !== undefined))
    problems.push("exports sources, which are not published");
  if (packed.license !== "MIT") problems.push(`license: ${packed.license}`);
  if (packed.publishConfig?.access !== "public") problems.push("is not published publicly");
  const budget = BUDGETS_KB[manifest.name];
  if (budget === undefined) problems.push("has no budget for its size");
  else if (size > budget * 1024) problems.push(`is ${kb(size)} packed, and its budget ${budget} KB`);
  return problems;
}

/** Packages that are larger than their budget once they are installed. */
function problemsOfInstallations(archives, into) {
  return Object.entries(INSTALLED_BUDGETS).flatMap(([name, budget]) => {
    const { bytes, packages } = installedSize(name, archives, into);
    const megabytes = bytes / 1e6;
    const size = `${megabytes.toFixed(1)} MB in ${packages} packages`;
    console.log(`${name.padEnd(20)} installed ${size.padStart(21)}`);
    const isSmall = megabytes <= (budget.megabytes ?? Infinity) && packages <= (budget.packages ?? Infinity);
    return isSmall ? [] : [`${name}: is ${size} installed; its budget is ${JSON.stringify(budget)}`];
  });
}

/** Packages that take longer to import than their budget. */
function problemsOfImports(archives, into) {
  return Object.entries(IMPORT_BUDGETS).flatMap(([name, budget]) => {
    const ratio = importTimeRatio(name, budget.peer, archives, into);
    const [peer] = Object.keys(budget.peer);
    const time = `${ratio.toFixed(2)} times as long as ${peer}`;
    console.log(`${name.padEnd(20)} imported in ${time}`);
    return ratio <= budget.ratio ? [] : [`${name}: takes ${time} to import; its budget is ${budget.ratio}`];
  });
}

/** Returns the warnings of npm when it publishes an archive. No registry is contacted. */
function npmWarnings(archive) {
  const registry = [
    "--registry=http://127.0.0.1:9/",
    "--//127.0.0.1:9/:_authToken=none",
    "--fetch-retries=0",
  ];
  const { stderr } = spawnSync("npm", ["publish", archive, "--dry-run", ...registry], { encoding: "utf8" });
  return stderr.split("\n").filter((line) => /^npm (warn|error)/i.test(line));
}

/** Held against what the builds have recorded: of the package's code, and of the console's page. */
function problemsOfNotices({ folder, archive, files }) {
  const records = [folder, ...(files.includes("dist/page.cjs") ? [join(folder, "page/generated")] : [])];
  const notices = files
    .filter((path) => path.endsWith(NOTICES_FILE))
    .map((path) => packedFile(archive, path));
  return noticeProblems({ records, notices, allowedLicenses: BUNDLED_LICENCES });
}

const kb = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;

/** Returns dependencies of the packages whose licence is not on the list. */
function foreignLicences() {
  const [command, ...args] = pnpm("--filter", "./packages/*", "licenses", "list", "--prod", "--json");
  const text = execFileSync(command, args, { cwd: root, encoding: "utf8" });
  return Object.entries(JSON.parse(text))
    .filter(([licence]) => !LICENCES.has(licence))
    .flatMap(([licence, all]) => all.map(({ name }) => `${name} is under ${licence}`));
}

function check() {
  const into = mkdtempSync(join(tmpdir(), "keyward-release-"));
  try {
    const problems = foreignLicences();
    const all = packAll(into);
    for (const packed of all) {
      const { name, version } = packed.manifest;
      const files = `${packed.files.length} files`;
      console.log(
        `${name.padEnd(20)} ${version.padEnd(8)} ${files.padStart(10)} ${kb(packed.size).padStart(10)}`,
      );
      const found = [...problemsOf(packed), ...problemsOfNotices(packed), ...npmWarnings(packed.archive)];
      problems.push(...found.map((problem) => `${name}: ${problem}`));
    }
    problems.push(...writeSboms(into));
    const archives = archivesOf(all);
    problems.push(...problemsOfInstallations(archives, into), ...problemsOfImports(archives, into));
    return problems;
  } finally {
    rmSync(into, { recursive: true, force: true });
  }
}

/** Reasons why nothing can be published now, although the packages are right. */
function notReady() {
  const problems = [];
  const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  if (git("status", "--porcelain") !== "") problems.push("The working tree has uncommitted changes.");
  const pending = readdirSync(join(root, ".changeset")).filter((name) => name.endsWith(".md"));
  if (pending.length > 0)
    problems.push(`${pending.length} changesets are not in a version yet. Run: npx changeset version`);
  if (process.env.ACTIONS_ID_TOKEN_REQUEST_URL === undefined && process.env.SIGSTORE_ID_TOKEN === undefined)
    problems.push(
      "Provenance needs a build that can prove where it runs: GitHub Actions with id-token: write, or GitLab CI.",
    );
  return problems;
}

const dryRun = process.argv.includes("--dry-run");
const problems = [...check(), ...(dryRun ? [] : notReady())];
if (problems.length > 0) {
  console.error(`\n${problems.map((problem) => `- ${problem}`).join("\n")}`);
  process.exit(1);
}
if (!dryRun) {
  // Attached to the releases by the workflow.
  const sboms = join(root, "sbom");
  mkdirSync(sboms, { recursive: true });
  writeSboms(sboms);
  const env = { ...process.env, NPM_CONFIG_PROVENANCE: "true" };
  // pnpm replaces workspace ranges and removes the `source` conditions as it packs.
  const [command, ...args] = pnpm("exec", "changeset", "publish");
  process.exit(spawnSync(command, args, { cwd: root, stdio: "inherit", env }).status ?? 1);
}
