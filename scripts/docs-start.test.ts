import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { freePort } from "../packages/test-servers/src/index.ts";
import { allBlocks, javaScriptOf, run, temporaryFolder, type Block } from "./doc-blocks.ts";
import { root } from "./published-packages.mjs";
import { startRegistry } from "./registry.mjs";

/** The files of a project before Keyward is added. */
const PROJECTS: Readonly<Record<string, readonly string[]>> = {
  nestjs: ["@nestjs/common", "@nestjs/core", "@nestjs/platform-express", "reflect-metadata", "rxjs"],
};

const work = mkdtempSync(join(tmpdir(), "keyward-start-"));
let registry: Awaited<ReturnType<typeof startRegistry>>;

beforeAll(async () => {
  const packed = inject("packed");
  registry = await startRegistry(packed);
  // In a separate folder, as with npx: its dependencies are not those of the server.
  const cli = packed.find(({ manifest }) => manifest.name === "keyward");
  await shell(newProject(join(work, "cli")), `npm install "${cli?.archive}"`);
}, 120_000);
afterAll(() => {
  registry.close();
  rmSync(work, { recursive: true });
});

/** A project that gets Keyward's packages from the registry here. */
function newProject(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const settings = [`@keyward:registry=${registry.url}`, "audit=false", "fund=false", "prefer-offline=true"];
  writeFileSync(join(folder, ".npmrc"), settings.join("\n"));
  const manifest = { private: true, type: "module", scripts: { start: "node server.mjs" } };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  return folder;
}

function shell(folder: string, script: string): Promise<string> {
  const env = { HOME: process.env["HOME"], NODE_OPTIONS: "--disable-warning=ExperimentalWarning" };
  return run("sh", ["-euc", script], folder, env);
}

/** A page: its files by name, what to install first, and the commands that follow. */
interface Start {
  readonly page: string;
  readonly files: ReadonlyMap<string, Block>;
  readonly install: string;
  readonly commands: string;
}

const starts: readonly Start[] = allBlocks
  .filter(({ isServer }) => isServer)
  .map((server) => {
    const page = server.name.replace(/, block.*/, "");
    const blocks = allBlocks.filter(({ name }) => name.startsWith(`${page},`));
    const [install = "", ...commands] = blocks
      .filter(({ language }) => language === "sh")
      .map(({ program }) => program);
    const labelled = blocks.filter(({ label }) => label !== undefined);
    const files = new Map(labelled.map((block) => [block.label as string, block]));
    if (server.label === undefined) files.set("server.mjs", server);
    return {
      page,
      files,
      install,
      commands: commands.join(""),
    };
  });

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

const runSteps = (folder: string, port: string, steps: readonly string[]) =>
  shell(folder, [PROGRAMS, waitFor(port), CLEAN_UP, ...steps, "kill $!; wait $!"].join("\n"));

async function newProjectOf({ page, files, install }: Start, port: string): Promise<string> {
  const folder = newProject(temporaryFolder());
  const [, framework = ""] = /(\w+)\.md$/.exec(page) ?? [];
  for (const name of PROJECTS[framework] ?? []) await shell(folder, `npm install ${name}`);
  await shell(folder, install);
  for (const [name, block] of files) {
    const text = name.endsWith(".ts") ? block.program : javaScriptOf(block);
    writeFileSync(join(folder, name), text.replaceAll("3000", port));
  }
  return folder;
}

/** The output of the TypeScript version, after it was compiled. */
async function runTypeScript(folder: string, port: string, page: string): Promise<string> {
  const text = readFileSync(join(root, page), "utf8");
  const [, install = "", command = ""] =
    /For TypeScript: `(npm install [^`]+)`[\s\S]+For TypeScript: `npx ([^`]+)`/.exec(text) ?? [];
  await shell(folder, install);
  const compiler = "--noEmit --strict --target es2023 --module nodenext --types node --skipLibCheck";
  await shell(folder, `node_modules/.bin/tsc ${compiler} app.ts server.ts`);
  return runSteps(folder, port, [
    'KEY="$(npx keyward keys create --name typed)"',
    `node --import tsx ${command.replace("tsx ", "")} & sleep 5`,
    `curl -sS -H "x-api-key: $KEY" http://localhost:${port}/v1/hello`,
  ]);
}

describe("a newcomer who does what the page says", { timeout: 300_000 }, () => {
  it("has a page for each framework, and the README", () => expect(starts).toHaveLength(6));

  it.each(starts)("is served, calls the API and tests it: $page", async (start) => {
    const port = String(await freePort());
    const folder = await newProjectOf(start, port);
    const commands = start.commands.replaceAll("3000", port).replace("npm start &", "node server.mjs &");
    let output = await runSteps(folder, port, [commands]);
    if (start.files.has("server.ts")) output += await runTypeScript(folder, port, start.page);
    const expected = [
      '{"hello":"first"}',
      ...(commands.includes("/v1/reports") ? ['{"report":"created"}'] : []),
      ...(start.files.has("client.mjs") ? ["200 { hello: 'first' }"] : []),
      ...(start.files.has("app.test.mjs") ? ["# pass 2\n"] : []),
      ...(start.files.has("server.ts") ? ['{"hello":"typed"}'] : []),
    ];
    expect(expected.filter((text) => !output.includes(text))).toEqual([]);
  });
});
