// Writes a software bill of materials (CycloneDX) for each published package: what is installed with it, by pnpm, and what is bundled
// into it, by the records of its builds.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pnpm } from "./pnpm.mjs";
import { publishedPackages, root } from "./published-packages.mjs";
import { BUNDLED_MODULES_FILE, bundledPackages } from "./third-party-notices.mjs";

/** `@keyward/core` 1.2.3 has the file `keyward-core-1.2.3.cdx.json`, as pnpm names it. */
export function sbomFile({ name, version }) {
  return `${name.replace(/^@/, "").replaceAll("/", "-")}-${version}.cdx.json`;
}

/**
 * Writes the files into a folder.
 *
 * @returns what is missing from them
 */
export function writeSboms(into) {
  const out = join(into, "%s-%v.cdx.json");
  const options = ["--split", "--prod", "--sbom-format", "cyclonedx", "--out", out];
  const [command, ...args] = pnpm("--filter", "./packages/*", "sbom", ...options);
  execFileSync(command, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  const published = publishedPackages();
  const files = new Set(published.map(({ manifest }) => sbomFile(manifest)));
  for (const file of readdirSync(into)) {
    if (file.endsWith(".cdx.json") && !files.has(file)) rmSync(join(into, file));
  }
  return published.flatMap(({ folder, manifest }) =>
    completeSbom(join(into, sbomFile(manifest)), folder, manifest),
  );
}

/** Adds what is bundled into a package. Returns what is missing. */
function completeSbom(file, folder, { name, dependencies = {} }) {
  if (!existsSync(file)) return [`${name} has no bill of materials`];
  const sbom = JSON.parse(readFileSync(file, "utf8"));
  const own = sbom.dependencies.find(({ ref }) => ref === sbom.metadata.component["bom-ref"]);
  const missing = Object.keys(dependencies).filter(
    (each) => !own.dependsOn.some((ref) => ref.startsWith(`${purlOf(each)}@`)),
  );
  for (const bundled of bundledInto(folder)) {
    const purl = `${purlOf(bundled.name)}@${bundled.version}`;
    if (sbom.components.some((component) => component["bom-ref"] === purl)) continue;
    sbom.components.push(toComponent(bundled, purl));
    own.dependsOn.push(purl);
    sbom.dependencies.push({ ref: purl, dependsOn: [] });
  }
  writeFileSync(file, `${JSON.stringify(sbom, null, 2)}\n`);
  return missing.map((each) => `${name}: its bill of materials has no ${each}`);
}

function bundledInto(folder) {
  return [folder, join(folder, "page/generated")]
    .filter((records) => existsSync(join(records, BUNDLED_MODULES_FILE)))
    .flatMap(bundledPackages);
}

function purlOf(name) {
  return `pkg:npm/${name.replace("@", "%40")}`;
}

function toComponent({ name, version, license }, purl) {
  const [, group, short] = /^(?:(@[^/]+)\/)?(.+)$/.exec(name);
  return {
    type: "library",
    ...(group !== undefined && { group }),
    name: short,
    version,
    purl,
    "bom-ref": purl,
    licenses: [{ license: { id: license } }],
    properties: [{ name: "keyward:bundled", value: "true" }],
  };
}
