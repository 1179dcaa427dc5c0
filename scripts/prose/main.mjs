// Checks the wording of comments, strings, test titles and Markdown against rules.mjs. Exceptions are listed in allowed.txt.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findProse } from "./find-prose.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const allowed = readFileSync(new URL("allowed.txt", import.meta.url), "utf8");
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
});
const { problems, unused } = findProse(root, files.split("\n"), allowed);

for (const { path, line, rule, match, sentence } of problems) {
  console.error(`${path}:${line} ${rule.name}: “${match}” in “${sentence}”\n    instead: ${rule.instead}`);
}
for (const line of unused) console.error(`scripts/prose/allowed.txt: nothing needs “${line}” any more`);
if (problems.length + unused.length > 0) {
  console.error(`\n${problems.length} sentences to rewrite. CONTRIBUTING.md, “How it is written”.`);
  process.exitCode = 1;
}
