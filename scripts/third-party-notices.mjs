// The notices of the packages whose code is bundled into a published one: written when it is built, checked when it is released.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const NOTICES_FILE = "THIRD-PARTY-NOTICES.md";

/** File in which a build records the modules of other packages in its output. It is not published. */
export const BUNDLED_MODULES_FILE = "bundled-modules.json";

const NOTICE_FILES = /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i;

/** Licences that do not require their text to accompany the code. */
const LICENSES_WITHOUT_TEXT = new Set(["Unlicense", "0BSD", "CC0-1.0"]);

/**
 * An esbuild plugin that writes the notices of what was bundled beside the bundle, from esbuild's own record of it. No notices are
 * written where nothing was bundled. One plugin can serve several builds of one package.
 */
export function thirdPartyNotices() {
  const modules = new Set();
  return {
    name: "third-party-notices",
    setup(build) {
      const { absWorkingDir: folder = process.cwd(), outdir } = build.initialOptions;
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        for (const { inputs } of Object.values(metafile.outputs)) {
          for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
            if (bytesInOutput > 0) modules.add(resolve(folder, path));
          }
        }
        recordModules(folder, modules);
        const packages = packagesOf(modules);
        if (packages.length === 0) return;
        mkdirSync(outdir, { recursive: true });
        writeFileSync(join(outdir, NOTICES_FILE), formatNotices(packages));
      });
    },
  };
}

/** Records the modules in a build's output that belong to other packages, as paths relative to a folder. */
export function recordModules(folder, modules) {
  const foreign = [...modules].filter(isForeign).map((path) => relative(folder, path));
  writeFileSync(join(folder, BUNDLED_MODULES_FILE), `${JSON.stringify(foreign.toSorted(), null, 2)}\n`);
}

function isForeign(path) {
  return path.includes("node_modules/") && !path.startsWith("\0");
}

/** The packages that modules belong to, by name. */
function packagesOf(modules) {
  const packages = new Map();
  for (const path of [...modules].filter(isForeign)) {
    const found = readPackage(path);
    packages.set(`${found.name}@${found.version}`, found);
  }
  return [...packages.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The packages whose code a build has bundled, by the record that it left in a folder. */
export function bundledPackages(folder) {
  const modules = JSON.parse(readFileSync(join(folder, BUNDLED_MODULES_FILE), "utf8"));
  return packagesOf(modules.map((path) => resolve(folder, path)));
}

/** The package that a module belongs to, with the texts of its licence and notice files. */
function readPackage(modulePath) {
  for (let folder = dirname(modulePath); dirname(folder) !== folder; folder = dirname(folder)) {
    const { name, version, license } = readManifest(folder);
    if (name === undefined || version === undefined) continue;
    const texts = readdirSync(folder)
      .filter((file) => NOTICE_FILES.test(file))
      .map((file) => readFileSync(join(folder, file), "utf8").trim());
    return { name, version, license, text: texts.join("\n\n") || standardText(name, license) };
  }
  throw new Error(`${modulePath} does not belong to a package.`);
}

/** The text of a licence that a package names without including it: of the MIT licence, whose text is the same everywhere. */
function standardText(name, license) {
  if (license !== "MIT") return "";
  const text = readFileSync(fileURLToPath(new URL("../LICENSE", import.meta.url)), "utf8");
  return text.replace(/^Copyright .*$/m, `Copyright (c) the authors of ${name}`).trim();
}

function readManifest(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  } catch {
    return {};
  }
}

/** The form is that of Vite's `build.license`, so that both are read in one way. */
function formatNotices(packages) {
  const sections = packages.map(
    ({ name, version, license, text }) => `## ${name} - ${version} (${license})\n\n${text}\n`,
  );
  return ["# Licenses\n", "This package contains code of the following packages:\n", ...sections].join("\n");
}

const HEADING = /^(\S+) - (\S+)(?: \((.+)\))?$/;

/** The start of a notice. Texts of licences have headings too. */
const NOTICE = /^## (?=\S+ - \d\S*(?: \(.+\))?$)/m;

function parseNotices(markdown) {
  return markdown
    .split(NOTICE)
    .slice(1)
    .map((section) => {
      const [heading, ...lines] = section.split("\n");
      const [, name, version, license] = HEADING.exec(heading) ?? [];
      return { id: `${name}@${version}`, license, hasText: lines.join("").trim() !== "" };
    });
}

/**
 * Returns the problems of a package's notices: bundled code without a notice, a notice without the licence text, or a licence that is not allowed. `records` are the folders in which builds have recorded what they bundled, `notices` the texts that are published.
 */
export function noticeProblems({ records, notices, allowedLicenses }) {
  const problems = [];
  const entries = notices.flatMap(parseNotices);
  const noticed = new Set(entries.map(({ id }) => id));
  for (const folder of records) {
    for (const { name, version } of bundledPackages(folder)) {
      if (!noticed.has(`${name}@${version}`))
        problems.push(`${name}@${version} is bundled without its notice`);
    }
  }
  for (const { id, license, hasText } of entries) {
    if (!allowedLicenses.has(license)) problems.push(`${id} is bundled and under ${license}`);
    if (!hasText && !LICENSES_WITHOUT_TEXT.has(license)) {
      problems.push(`${id} is bundled without the text of its licence`);
    }
  }
  return problems;
}
