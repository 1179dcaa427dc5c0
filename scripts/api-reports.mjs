// Holds what each package exports against the report of it that is committed in its folder etc, so that a
// change to the public surface shows in review. With --write it updates the reports.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";
import { publishedPackages, root } from "./published-packages.mjs";

const write = process.argv.includes("--write");
const silent = { default: { logLevel: "none" } };

/** The entries that have types: `.` and others, each with its declarations. */
function entriesOf({ name, folder, manifest }) {
  return Object.entries(manifest.exports)
    .filter(([, target]) => target.import !== undefined)
    .map(([entry, target]) => ({
      report: entry === "." ? `${name}.api.md` : `${name}-${entry.slice(2)}.api.md`,
      declarations: join(folder, target.import.types),
    }));
}

function changed(folder, { report, declarations }) {
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: join(folder, "package.json"),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: declarations,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "ES2022",
            lib: ["ES2023"],
            types: ["node"],
            module: "NodeNext",
            moduleResolution: "NodeNext",
            strict: true,
            skipLibCheck: true,
          },
          files: [declarations],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: report,
        reportFolder: join(folder, "etc"),
        reportTempFolder: join(root, "coverage", "api"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: "lf",
      messages: {
        compilerMessageReporting: silent,
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
  });
  mkdirSync(join(folder, "etc"), { recursive: true });
  const quiet = (message) => {
    message.handled = message.logLevel !== "error";
  };
  return Extractor.invoke(config, { localBuild: write, messageCallback: quiet }).apiReportChanged;
}

/** Exports without a comment. Their members are often self-explanatory. */
function undocumentedIn(report) {
  const text = readFileSync(report, "utf8");
  return [...text.matchAll(/\/\/ @public \(undocumented\)\nexport (.+?)[ ;={(<]*$/gm)].map(
    ([, what]) => what,
  );
}

const differing = [];
const undocumented = [];
for (const { folder, manifest, ...rest } of publishedPackages()) {
  for (const entry of entriesOf({ folder, manifest, ...rest })) {
    if (changed(folder, entry)) differing.push(`${manifest.name}: etc/${entry.report}`);
    undocumented.push(...undocumentedIn(join(folder, "etc", entry.report)));
  }
}
for (const each of undocumented) console.log(`${each} has no comment that says what it is`);
const verb = write ? "written" : "not what the package exports";
for (const each of differing) console.log(`${each} ${verb}`);
if (differing.length > 0 && !write) {
  console.error("\nIf the change is meant: npm run api, and commit the reports with a changeset.");
}
if (undocumented.length > 0 || (differing.length > 0 && !write)) process.exit(1);
