// Generates pages from the rest of the repository, so that nothing is written twice: the READMEs of packages, the guides at the root, the
// pages about errors in packages, a page for each problem, and the admin API.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publishedPackages, root } from "../../scripts/published-packages.mjs";
import { openApiDocument } from "@keyward/console";
import { adminApiPage } from "./admin-api.mjs";
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
    .replaceAll(/\]\((?:\.\.\/)*apps\/docs\/([\w/-]+)\.md(#[\w-]+)?\)/g, "](/$1$2)")
    .replaceAll(/\]\((SECURITY|ARCHITECTURE|CONTRIBUTING)\.md(#[\w-]+)?\)/g, (_, name, anchor = "") => {
      return `](/generated/project/${name.toLowerCase()}${anchor})`;
    })
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

writeFileSync(join(generated, "admin-api.md"), adminApiPage(openApiDocument()));

/** For pages that are listed in a table rather than in the sidebar: no page is before or after them. */
const ALONE = "---\nprev: false\nnext: false\n---\n\n";

for (const [code, { status, title, type, meaning, client, operator }] of Object.entries(PROBLEMS)) {
  const page = `${ALONE}# ${code}\n\n**${status}** · ${title}\n\n${meaning}\n\n## If you call the API\n\n${client}\n\n## If you run the API\n\n${operator}\n\n\`type\` is \`${type}\`, unless \`problemTypeBase\` is set.\n`;
  writeFileSync(join(generated, "problems", `${code}.md`), page);
}
for (const [code, { status, title, meaning, fix }] of Object.entries(ADMIN_PROBLEMS)) {
  const page = `${ALONE}# ${code}\n\n**${status}** · ${title} · [admin API](/generated/admin-api)\n\n${meaning}\n\n## What to do\n\n${fix}\n`;
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
  `# Problems\n\nResponses to refused requests, as \`application/problem+json\` (RFC 9457). Every body has \`type\`, \`title\`, \`status\`, \`detail\` and \`code\`. Codes are stable: branch on them.\n\n${problemTable(PROBLEMS)}\n\nMistakes in the code of the server are not problems but [errors](/generated/errors/).\n\n## Admin API\n\nThe admin API also responds with the codes of [errors](/generated/errors/) such as \`not-permitted\`.\n\n${problemTable(ADMIN_PROBLEMS)}\n`,
);

/** Links of error pages on this site. The copies in the packages are without links. */
const SEE_ALSO = {
  "store-unavailable": "[`key-store-unavailable`](/generated/problems/key-store-unavailable)",
  "store-corrupt": "[Databases and backups](/guides/databases)",
  "store-schema-newer": "[Upgrades](/guides/databases#upgrades)",
  "limiter-full": "[Redis in production](/guides/redis)",
  "limiter-unavailable":
    "[`limiter-unavailable`](/generated/problems/limiter-unavailable), [Redis in production](/guides/redis)",
  KEYWARD_PLAIN_HTTP: "[Behind a proxy](/guides/behind-a-proxy)",
  KEYWARD_MEMORY_LIMITER: "[Redis in production](/guides/redis)",
  KEYWARD_REDIS_DAMAGED: "[Redis in production](/guides/redis)",
  KEYWARD_REDIS_EVICTION: "[Redis in production](/guides/redis)",
};

const ERRORS_OF = {
  core: "A `KeywardError` is thrown for a mistake in options or input, an operation that is not possible, or a broken dependency. Warnings have codes that begin with `KEYWARD_`.",
  client: "`@keyward/client` rejects with a `ClientError`, or with an error of `fetch` itself.",
  console: "Warnings of the console.",
};
let errorIndex = `# Errors\n\nA refused request is not an error but a [problem](/generated/problems/). Codes are stable: branch on them. \`help\` of an error is the path of its section in the installed package.\n`;
for (const [name, about] of Object.entries(ERRORS_OF)) {
  errorIndex += `\n## @keyward/${name}\n\n${about}\n\n| code | meaning |\n| --- | --- |\n`;
  const text = readFileSync(join(root, "packages", name, "ERRORS.md"), "utf8");
  const [title, ...sections] = text.split(/^(?=## )/m);
  let page = ALONE + title;
  for (const section of sections) {
    const [, code, meaning] = /^## (.+)\n\n(.+)$/m.exec(section);
    const more = SEE_ALSO[code] === undefined ? "" : `\nSee also: ${SEE_ALSO[code]}.\n\n`;
    page += section.trimEnd() + "\n\n" + more;
    errorIndex += `| [\`${code}\`](/generated/errors/${name}#${code.toLowerCase()}) | ${meaning} |\n`;
  }
  writeFileSync(join(generated, "errors", `${name}.md`), page);
}
writeFileSync(join(generated, "errors", "index.md"), errorIndex);
