import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { nginxLocation, startPostgres, startRedis } from "../packages/test-servers/src/index.ts";
import { allBlocks, docs, javaScriptOf, run, temporaryFolder, type Block } from "./doc-blocks.ts";
import { root } from "./published-packages.mjs";

const nestSample = join(root, "apps/nestjs-api");
const SECRET = "a secret of at least 32 bytes for the documentation";

const blocks = allBlocks.filter(({ language }) => language === "ts" || language === "js");
/**
 * Blocks that run by themselves: all but those of quick starts, which run as files of a project, and the program that a package's README
 * begins with, which runs where READMEs are tested.
 */
const fragments = blocks.filter(
  ({ name, label, isServer }) =>
    !isServer &&
    !(label !== undefined && /\/start\//.test(name)) &&
    !/^packages\/[\w-]+\/README\.md, block 1$/.test(name),
);

/** A block in a file where its imports are found; deleted when the test ends. */
function fileOf(block: Block, change: (text: string) => string): string {
  // Nest's parts have to be of one installation, which is where its sample is.
  const folder = /nestjs/.test(block.name) ? nestSample : docs;
  const file = join(folder, `block-${randomUUID()}.mjs`);
  writeFileSync(file, change(javaScriptOf(block)));
  onTestFinished(() => rmSync(file));
  return file;
}

/** Path under which a block is compiled. Other blocks of the page import a block with a file name by that name. */
function pathOf({ name, language, label }: Block, index: number): string {
  const file =
    label !== undefined && /\.m?[jt]s$/.test(label)
      ? label
      : `block-${index}.${language === "ts" ? "ts" : "mjs"}`;
  return join(docs, name.replaceAll(/[^\w]+/g, "-").replace(/-block-\d+$/, ""), file);
}

/** Blocks by the page that they are on. */
const fragmentsByPage = new Map<string, Block[]>();
for (const block of fragments) {
  const page = block.name.replace(/, block.*/, "");
  fragmentsByPage.set(page, [...(fragmentsByPage.get(page) ?? []), block]);
}

/** The workspace's own programs in place of those that would be fetched. */
const SHELL = `PATH="${join(root, "node_modules/.bin")}:$PATH"; npx() { "$@"; };`;

/** Runs pages in one process, which loads Keyward and the frameworks once. After a failure, the next page gets a new process. */
class PageRunner {
  #child: ChildProcess | undefined;
  #output = "";

  constructor(private readonly env: NodeJS.ProcessEnv) {}

  /** Returns what a failing page printed, and nothing for one that runs to its end. */
  async run(files: readonly string[]): Promise<string | undefined> {
    const child = (this.#child ??= this.#start());
    this.#output = "";
    child.send(files);
    const waiting = new AbortController();
    const ends = ["message", "close"].map((event) => once(child, event, waiting));
    const [end] = (await Promise.race(ends)) as [unknown];
    waiting.abort();
    if (end === "done") return undefined;
    this.#child = undefined;
    return `${this.#output}\nended with ${String(end)}`;
  }

  stop(): void {
    this.#child?.kill();
  }

  #start(): ChildProcess {
    const folder = mkdtempSync(join(tmpdir(), "keyward-docs-"));
    const env = { PATH: process.env["PATH"], ...this.env };
    const child = fork(join(docs, "given.mjs"), { cwd: folder, env, execArgv: [], silent: true });
    const append = (text: Buffer) => (this.#output += text.toString());
    child.stdout?.on("data", append);
    child.stderr?.on("data", append);
    child.once("close", () => rmSync(folder, { recursive: true }));
    return child;
  }
}

describe("each code block of a page runs, and does what its check expects", () => {
  let env: Record<string, string>;
  let pages: PageRunner;
  const servers: { stop: () => Promise<void> }[] = [];
  beforeAll(async () => {
    const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
    servers.push(redis, postgres);
    const DATABASE_URL = await postgres.createDatabase();
    env = { REDIS_URL: redis.url, DATABASE_URL, KEYWARD_SECRET: SECRET, WEBHOOK_SECRET: SECRET };
    pages = new PageRunner(env);
  });
  afterAll(() => {
    pages.stop();
    return Promise.all(servers.map((server) => server.stop()));
  });

  it.each([...fragmentsByPage.keys()])("%s", { timeout: 120_000 }, async (page) => {
    const files = (fragmentsByPage.get(page) as Block[]).map((block) =>
      fileOf(block, (text) => text.replaceAll("redis://localhost:6379", env["REDIS_URL"] as string)),
    );
    expect(files.length).toBeGreaterThan(0);
    expect(await pages.run(files)).toBeUndefined();
  });
});

describe("the documentation's code", () => {
  it("compiles, every block of it", { timeout: 120_000 }, () => {
    expect(blocks.length).toBeGreaterThan(30);
    // Those of the quick start for NestJS are compiled in its project, which has the packages for its tests.
    const compiled = blocks.filter(({ name }) => !name.startsWith("apps/docs/start/nestjs.md"));
    const files = new Map(compiled.map((block, index) => [pathOf(block, index), block]));
    const options: ts.CompilerOptions = {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
      types: ["node"],
      strict: true,
      noEmit: true,
      allowJs: true,
      skipLibCheck: true,
      moduleDetection: ts.ModuleDetectionKind.Force,
      experimentalDecorators: true,
    };
    const host = ts.createCompilerHost(options);
    const { readFile, fileExists, directoryExists, getSourceFile } = host;
    const folders = new Set([...files.keys()].map((file) => dirname(file)));
    const known = (name: string) => {
      const block = files.get(name);
      return block && `${block.program}\n${block.check}`;
    };
    host.readFile = (name) => known(name) ?? readFile.call(host, name);
    host.directoryExists = (name) => folders.has(name) || directoryExists?.call(host, name) === true;
    host.fileExists = (name) => files.has(name) || fileExists.call(host, name);
    host.getSourceFile = (name, version, ...rest) => {
      const program = known(name);
      return program === undefined
        ? getSourceFile.call(host, name, version, ...rest)
        : ts.createSourceFile(name, program, version);
    };
    const globals = join(docs, "globals.d.ts");
    const program = ts.createProgram([...files.keys(), globals], options, host);
    const problems = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const block = files.get(file?.fileName ?? "");
      const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
      return `${block?.name ?? file?.fileName}:${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
    expect(problems).toEqual([]);
  });

  it("for a shell runs", { timeout: 60_000 }, async () => {
    const commands = allBlocks
      .filter(({ language, name }) => language === "sh" && /^apps\/docs\/(?!start\/)/.test(name))
      .flatMap(({ program }) => program.split("\n"))
      .filter((line) => line.startsWith("npx "));
    expect(commands.length).toBeGreaterThan(2);
    const folder = temporaryFolder();
    const shell = (command: string) =>
      run("sh", ["-euc", `${SHELL}\n${command}`], folder, { KEYWARD_SECRET: SECRET });
    await run("git", ["init", "-q"], folder, {});
    const made = await shell("npx keyward keys create --name leaked --json 2> /dev/null");
    const { key } = JSON.parse(made) as { key: { id: string } };
    for (const command of commands) await shell(`echo y | ${command.replace("<id>", key.id)}`);
    expect(await shell(`npx keyward keys show ${key.id}`)).toContain("revoked");
  });

  it("for nginx is what the nginx of the tests has", () => {
    const [location, ...others] = allBlocks.filter(({ language }) => language === "nginx");
    expect(others).toEqual([]);
    expect(location?.program.trim()).toBe(nginxLocation(3000));
  });
});
