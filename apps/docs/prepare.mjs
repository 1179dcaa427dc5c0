// Makes pages of what the repository says elsewhere, so that nothing is told twice: the packages' READMEs, the
// guides at the root, the pages on errors that packages bring along, and a page for each problem that is answered with.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publishedPackages, root } from "../../scripts/published-packages.mjs";
import { ADMIN_PROBLEMS, PROBLEMS } from "./problems.mjs";

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
    .replaceAll(/\]\(apps\/docs\/([\w/-]+)\.md(#[\w-]+)?\)/g, "](/$1$2)")
    .replaceAll("](errors)", "](/generated/errors/)")
    .replaceAll(/\]\((?:packages\/console\/)?picture\.png\)/g, "](/console.png)");

for (const { name, folder } of publishedPackages()) {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const text = readme.replaceAll("](ERRORS.md)", `](/generated/errors/${name})`);
  writeFileSync(join(generated, "packages", `${name}.md`), relink(text));
}
for (const [file, name] of [
  ["SECURITY.md", "security"],
  ["ARCHITECTURE.md", "architecture"],
  ["CONTRIBUTING.md", "contributing"],
]) {
  writeFileSync(join(generated, "project", `${name}.md`), relink(readFileSync(join(root, file), "utf8")));
}
cpSync(join(root, "packages/console/picture.png"), join(here, "public/console.png"));

/** For pages that are listed in a table rather than in the sidebar: they have none before or after. */
const ALONE = "---\nprev: false\nnext: false\n---\n\n";

for (const [code, { status, title, type, meaning, client, operator }] of Object.entries(PROBLEMS)) {
  const page = `${ALONE}# ${code}\n\n**${status}** · ${title}\n\n${meaning}\n\n## If you call the API\n\n${client}\n\n## If you run the API\n\n${operator}\n\n\`type\` is \`${type}\`, unless \`problemTypeBase\` points at documentation of your own.\n`;
  writeFileSync(join(generated, "problems", `${code}.md`), page);
}
for (const [code, { status, title, meaning, fix }] of Object.entries(ADMIN_PROBLEMS)) {
  const page = `${ALONE}# ${code}\n\n**${status}** · ${title} · of the [admin API](/generated/packages/console)\n\n${meaning}\n\n## What to do\n\n${fix}\n`;
  writeFileSync(join(generated, "problems", `${code}.md`), page);
}
const problemTable = (problems) =>
  [
    "| code | status | |",
    "| --- | --- | --- |",
    ...Object.entries(problems).map(
      ([code, { status, title }]) => `| [\`${code}\`](/generated/problems/${code}) | ${status} | ${title} |`,
    ),
  ].join("\n");
writeFileSync(
  join(generated, "problems", "index.md"),
  `# Problems\n\nWhat a refused request is answered with, as \`application/problem+json\` (RFC 9457). Every body has \`type\`, \`title\`, \`status\`, \`detail\` and \`code\`. Codes are stable: \`switch\` on them.\n\n${problemTable(PROBLEMS)}\n\nMistakes of the server's own programmer are not problems but [errors](/generated/errors/).\n\n## Of the admin API\n\nBeside these, the console's admin API answers with the code of a [KeywardError](/generated/errors/) where one says why an act was refused.\n\n${problemTable(ADMIN_PROBLEMS)}\n`,
);

/** Where a page of an error leads on to, on this site alone: the packages' own copies have nothing to link to. */
const SEE_ALSO = {
  "store-unavailable": "[`key-store-unavailable`](/generated/problems/key-store-unavailable)",
  "store-corrupt": "[Databases and backups](/production/databases)",
  "store-schema-newer": "[Upgrades](/production/databases#upgrades)",
  "limiter-full": "[Many processes, Redis](/production/redis)",
  "limiter-unavailable":
    "[`limiter-unavailable`](/generated/problems/limiter-unavailable), [Many processes, Redis](/production/redis)",
  KEYWARD_PLAIN_HTTP: "[Proxies and TLS](/production/proxies)",
  KEYWARD_MEMORY_LIMITER: "[Many processes, Redis](/production/redis)",
  KEYWARD_REDIS_DAMAGED: "[Many processes, Redis](/production/redis)",
  KEYWARD_REDIS_EVICTION: "[Many processes, Redis](/production/redis)",
};

const ERRORS_OF = {
  core: "A `KeywardError` is thrown for a mistake in options or input, an act that cannot be done, or a dependency that is broken. Warnings, whose codes begin with `KEYWARD_`, are of what works and should be known.",
  client: "`@keyward/client` rejects with a `ClientError`, or with an error of `fetch` itself.",
  console: "What the console warns of.",
};
let errorIndex = `# Errors\n\nA refused request is not an error but a [problem](/generated/problems/). Codes are stable: \`switch\` on them. Each error's \`help\` names the page below, as it lies beside the installed package.\n`;
for (const [name, about] of Object.entries(ERRORS_OF)) {
  errorIndex += `\n## @keyward/${name}\n\n${about}\n\n| code | what it means |\n| --- | --- |\n`;
  const page = join(root, "packages", name, "ERRORS.md");
  if (existsSync(page)) {
    const text = readFileSync(page, "utf8");
    writeFileSync(join(generated, "errors", `${name}.md`), ALONE + text);
    for (const [, code, meaning] of text.matchAll(/^## (.+)\n\n(.+)$/gm))
      errorIndex += `| [\`${code}\`](/generated/errors/${name}#${code}) | ${meaning} |\n`;
    continue;
  }
  const folder = join(root, "packages", name, "errors");
  const into = join(generated, "errors", name);
  mkdirSync(into);
  for (const file of readdirSync(folder).toSorted()) {
    const [code, text] = [file.replace(/\.md$/, ""), readFileSync(join(folder, file), "utf8")];
    const more = SEE_ALSO[code] === undefined ? "" : `\nSee also: ${SEE_ALSO[code]}.\n`;
    writeFileSync(join(into, file), ALONE + text + more);
    errorIndex += `| [\`${code}\`](/generated/errors/${name}/${code}) | ${text.split("\n")[2]} |\n`;
  }
}
writeFileSync(join(generated, "errors", "index.md"), errorIndex);
