import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { freePort } from "../packages/test-servers/src/index.ts";
import { allBlocks, javaScriptOf, run, type Block } from "./doc-blocks.ts";
import { archivesOf, installPacked } from "./install-packed.mjs";
import { root } from "./published-packages.mjs";
import { startRegistry } from "./registry.mjs";

/**
 * Follows each quick start in an empty project. The dependencies of all projects are installed together. Only those of the README are installed by
 * npm itself, from a registry on this machine.
 */
const work = mkdtempSync(join(tmpdir(), "keyward-start-"));
afterAll(() => rmSync(work, { recursive: true }));

/** A page: its files by name, what it installs, and its other commands. */
interface Start {
  readonly page: string;
  readonly folder: string;
  readonly files: ReadonlyMap<string, Block>;
  readonly dependencies: readonly string[];
  readonly commands: string;
}

/** Next.js is built from the files in `examples/nextjs`, which those of its page are compared with. */
const PAGES = [
  ...["express", "fastify", "hono", "koa", "nestjs"].map((name) => `apps/docs/start/${name}.md`),
  "README.md",
];

const starts: readonly Start[] = PAGES.map((page) => {
  const blocks = allBlocks.filter(({ name }) => name.startsWith(`${page},`));
  const lines = blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ program }) => program.split("\n"));
  const text = readFileSync(join(root, page), "utf8");
  const installs = [...lines.filter((line) => line.startsWith("npm install")), inlineInstall(text)];
  const labelled = blocks.filter(({ label }) => label !== undefined && /\.m?[jt]s$/.test(label));
  return {
    page,
    folder: join(work, basename(page, ".md")),
    files: new Map(labelled.map((block) => [block.label as string, block])),
    dependencies: installs.flatMap((line) =>
      line
        .replace(/^npm install( -D)?/, "")
        .trim()
        .split(/\s+/),
    ),
    commands: lines
      .filter((line) => !/^(npm install|cd |npx @nestjs\/cli|npm (test|run demo))/.test(line))
      .join("\n"),
  };
});

/** The command in a page's sentence about TypeScript, which installs what its TypeScript version needs. */
function inlineInstall(text: string): string {
  return /For TypeScript: `(npm install [^`]+)`/.exec(text)?.[1] ?? "";
}

function createProject({ folder, page, files, dependencies }: Start, isInstalledByNpm: boolean): void {
  const template = join(root, "scripts/quick-starts", basename(page, ".md"));
  if (existsSync(template)) cpSync(template, folder, { recursive: true });
  else mkdirSync(folder);
  const manifest = existsSync(template)
    ? (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { dependencies: object })
    : { private: true, type: "module", dependencies: {} };
  const names = dependencies.filter((name) => name !== "");
  if (!isInstalledByNpm) {
    Object.assign(manifest.dependencies, Object.fromEntries(names.map((name) => [name, "latest"])));
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  for (const [name, block] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), name.endsWith(".ts") ? block.program : javaScriptOf(block));
  }
}

const isReadme = ({ page }: Start) => page === "README.md";

beforeAll(() => {
  for (const start of starts) createProject(start, isReadme(start));
  // In a separate folder, as with npx: its dependencies are not those of the server.
  mkdirSync(join(work, "cli"));
  writeFileSync(join(work, "cli/package.json"), '{"private":true,"dependencies":{"keyward":"*"}}');
  const allowBuilds = { esbuild: true, "@nestjs/core": false, "@scarf/scarf": false };
  installPacked(work, archivesOf(inject("packed")), allowBuilds, ["*"]);
}, 300_000);

function shell(folder: string, script: string): Promise<string> {
  const env = { HOME: process.env["HOME"], NODE_OPTIONS: "--disable-warning=ExperimentalWarning" };
  return run("sh", ["-euc", script], folder, env);
}

/** The process in the background is the server itself, which the trap ends even if a step fails. */
const PROGRAMS = `npx() { "${work}/cli/node_modules/.bin/$@"; }`;
const CLEAN_UP = `trap 'kill "\${!:-}" 2> /dev/null || :' EXIT`;

/** Replaces a pause of some seconds in a page: the test waits until the server listens. */
const waitFor = (port: string) => `sleep() {
  for attempt in $(seq 600); do
    if curl -s -o /dev/null http://localhost:${port}/; then return; fi
    command sleep 0.1
  done
}`;

/** Nest ends itself with the signal that it received, after its shutdown hooks. */
const endOf = (folder: string) =>
  basename(folder) === "nestjs" ? "kill $!; wait $! || test $? = 143" : "kill $!; wait $!";

const runSteps = (folder: string, port: string, steps: readonly string[]) =>
  shell(folder, [PROGRAMS, waitFor(port), CLEAN_UP, ...steps, endOf(folder)].join("\n"));

/** Compiles the files in TypeScript. Returns the output of their server, where the page also has them in JavaScript. */
async function runTypeScript({ page, folder, files }: Start, port: string): Promise<string> {
  if (existsSync(join(folder, "tsconfig.json"))) return shell(folder, "node_modules/.bin/tsc --noEmit");
  if (!files.has("server.ts")) return "";
  const text = readFileSync(join(root, page), "utf8");
  const [, command = ""] = /For TypeScript: `npx ([^`]+)`/.exec(text) ?? [];
  const compiler = "--noEmit --strict --target es2023 --module nodenext --types node --skipLibCheck";
  await shell(folder, `node_modules/.bin/tsc ${compiler} app.ts server.ts`);
  return runSteps(folder, port, [
    'KEY="$(npx keyward keys create --name typed)"',
    `node --import tsx ${command.replace("tsx ", "")} & sleep 5`,
    `curl -sS -H "x-api-key: $KEY" http://localhost:${port}/v1/hello`,
  ]);
}

/** Installs the dependencies as the page says, with npm. */
async function installByNpm({ folder, dependencies }: Start): Promise<void> {
  const registry = await startRegistry(inject("packed"));
  const settings = [`@keyward:registry=${registry.url}`, "audit=false", "fund=false", "prefer-offline=true"];
  writeFileSync(join(folder, ".npmrc"), settings.join("\n"));
  await shell(folder, `npm install ${dependencies.join(" ")}`);
  registry.close();
}

describe("a newcomer who does what the page says", { timeout: 300_000 }, () => {
  it.each(starts)("is served, calls the API and tests it: $page", async (start) => {
    if (isReadme(start)) await installByNpm(start);
    const port = String(await freePort());
    for (const [name] of start.files) {
      const path = join(start.folder, name);
      writeFileSync(path, readFileSync(path, "utf8").replaceAll("3000", port));
    }
    const commands = start.commands.replaceAll("3000", port);
    const output = (await runSteps(start.folder, port, [commands])) + (await runTypeScript(start, port));
    const expected = [
      '{"hello":"first"}',
      ...(commands.includes("/v1/reports") ? ['{"report":"created"}'] : []),
      ...(start.files.has("client.mjs") ? ["200 { hello: 'first' }"] : []),
      ...(start.files.has("app.test.mjs") ? ["# pass 2\n"] : []),
      ...(start.files.has("test/app.e2e-spec.ts") ? ["2 passed"] : []),
      ...(start.files.has("server.ts") ? ['{"hello":"typed"}'] : []),
    ];
    expect(
      expected.filter((text) => !output.includes(text)),
      output,
    ).toEqual([]);
  });
});
