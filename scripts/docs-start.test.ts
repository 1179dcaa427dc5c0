import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { freePort } from "../packages/test-servers/src/index.ts";
import { allBlocks, javaScriptOf, run, temporaryFolder } from "./doc-blocks.ts";
import { startRegistry } from "./registry.mjs";

/** What a project has before somebody adds Keyward to it. */
const PROJECTS: Readonly<Record<string, readonly string[]>> = {
  nestjs: ["@nestjs/common", "@nestjs/core", "@nestjs/platform-express", "reflect-metadata", "rxjs"],
};

const work = mkdtempSync(join(tmpdir(), "keyward-start-"));
let registry: Awaited<ReturnType<typeof startRegistry>>;

beforeAll(async () => {
  const packed = inject("packed");
  registry = await startRegistry(packed);
  // In a folder of its own, as npx has it: what it needs is not what the server needs.
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
  const manifest = { private: true, scripts: { start: "node server.mjs" } };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  return folder;
}

function shell(folder: string, script: string): Promise<string> {
  const env = { HOME: process.env["HOME"], NODE_OPTIONS: "--disable-warning=ExperimentalWarning" };
  return run("sh", ["-euc", script], folder, env);
}

/** A page's three steps: what to install, the server, and what to do with it. */
const starts = allBlocks.flatMap((server, index) => {
  if (!server.isServer) return [];
  const [install, commands] = [allBlocks[index - 1]?.program, allBlocks[index + 1]?.program];
  return [{ page: server.name.replace(/, block.*/, ""), install, server, commands }];
});

describe("a newcomer who does what the page says", { timeout: 300_000 }, () => {
  it("has a page for each framework", () => expect(starts).toHaveLength(5));

  it.each(starts)("is served: $page", async ({ page, install, server, commands }) => {
    const folder = newProject(temporaryFolder());
    const port = String(await freePort());
    const [, framework = ""] = /(\w+)\.md$/.exec(page) ?? [];
    for (const name of PROJECTS[framework] ?? []) await shell(folder, `npm install ${name}`);
    await shell(folder, String(install));
    writeFileSync(join(folder, "server.mjs"), javaScriptOf(server).replaceAll("3000", port));
    // What is started in the background is then the server itself, which can be told to end; it outlives no step that
    // fails.
    const programs = `npx() { "${work}/cli/node_modules/.bin/$@"; }; npm() { exec node server.mjs; }`;
    const orphan = `trap 'kill "\${!:-}" 2> /dev/null || :' EXIT`;
    const steps = [programs, orphan, String(commands).replaceAll("3000", port), "kill $!; wait $!"];
    const output = await shell(folder, steps.join("\n"));
    expect(output).toContain('{"hello":"first"}');
  });
});
