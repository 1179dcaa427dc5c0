// Makes pages of what the repository says elsewhere, so that nothing is told twice: the packages' READMEs, the
// guides at the root, and a page for each problem that the API answers with.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publishedPackages, root } from "../../scripts/published-packages.mjs";
import { ERRORS } from "./errors.mjs";
import { PROBLEMS } from "./problems.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const generated = join(here, "generated");
rmSync(generated, { recursive: true, force: true });
for (const folder of ["packages", "problems", "errors", "project"])
  mkdirSync(join(generated, folder), { recursive: true });

/** Links between READMEs become links between pages. */
const relink = (text) =>
  text
    .replaceAll(
      /\]\((?:\.\.\/)+packages\/([\w-]+)(?:\/README\.md)?(#[\w-]+)?\)/g,
      "](/generated/packages/$1$2)",
    )
    .replaceAll(/\]\(packages\/([\w-]+)(?:\/README\.md)?(#[\w-]+)?\)/g, "](/generated/packages/$1$2)")
    .replaceAll(/\]\(\.\.\/([\w-]+)(#[\w-]+)?\)/g, "](/generated/packages/$1$2)")
    .replaceAll(/\]\((?:packages\/console\/)?picture\.png\)/g, "](/console.png)");

for (const { name, folder } of publishedPackages()) {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  writeFileSync(join(generated, "packages", `${name}.md`), relink(readme));
}
for (const [file, name] of [
  ["SECURITY.md", "security"],
  ["ARCHITECTURE.md", "architecture"],
  ["CONTRIBUTING.md", "contributing"],
]) {
  writeFileSync(join(generated, "project", `${name}.md`), relink(readFileSync(join(root, file), "utf8")));
}
cpSync(join(root, "packages/console/picture.png"), join(here, "public/console.png"));

for (const [code, { status, title, type, meaning, client, operator }] of Object.entries(PROBLEMS)) {
  const page = `# ${code}\n\n**${status}** · ${title}\n\n${meaning}\n\n## If you call the API\n\n${client}\n\n## If you run the API\n\n${operator}\n\n\`type\` is \`${type}\`, unless \`problemTypeBase\` points at documentation of your own.\n`;
  writeFileSync(join(generated, "problems", `${code}.md`), page);
}
const rows = Object.entries(PROBLEMS).map(
  ([code, { status, title }]) => `| [\`${code}\`](/generated/problems/${code}) | ${status} | ${title} |`,
);
writeFileSync(
  join(generated, "problems", "index.md"),
  `# Problems\n\nWhat a refused request is answered with, as \`application/problem+json\` (RFC 9457). Every body has \`type\`, \`title\`, \`status\`, \`detail\` and \`code\`. Codes are stable: \`switch\` on them.\n\n| code | status | |\n| --- | --- | --- |\n${rows.join("\n")}\n\nMistakes of the server's own programmer are not problems but [errors](/generated/errors/).\n`,
);

for (const [code, { meaning, example, fix }] of Object.entries(ERRORS)) {
  const page = `# ${code}\n\n${meaning}\n\n\`\`\`text\nKeywardError: ${example}\n\`\`\`\n\n## What to do\n\n${fix}\n`;
  writeFileSync(join(generated, "errors", `${code}.md`), page);
}
const errorRows = Object.entries(ERRORS).map(
  ([code, { meaning }]) => `| [\`${code}\`](/generated/errors/${code}) | ${meaning} |`,
);
writeFileSync(
  join(generated, "errors", "index.md"),
  `# Errors\n\nA refused request is not an error but a [problem](/generated/problems/). A \`KeywardError\` is thrown for a mistake in options or input, an act that cannot be done, or a dependency that is broken. Its \`code\` is stable: \`switch\` on it.\n\n| code | what it means |\n| --- | --- |\n${errorRows.join("\n")}\n`,
);
