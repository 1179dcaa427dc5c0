import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort, startRedis } from "../packages/test-servers/src/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const docs = join(root, "apps/docs");
const nestSample = join(root, "apps/nestjs-api");
const SECRET = "a secret of at least 32 bytes for the documentation";

const TO_RUN: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  experimentalDecorators: true,
};

interface Block {
  readonly name: string;
  readonly language: string;
  /** A whole server, which the commands after it are for. */
  readonly isServer: boolean;
  readonly program: string;
}

function blocksOf(file: string): Block[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/^```(ts|js|sh)( run)?\n([\s\S]*?)^```$/gm)].map(
    ([, language = "", runs, program = ""], index) => ({
      name: `${file}, block ${index + 1}`,
      language,
      isServer: runs !== undefined,
      program,
    }),
  );
}

const pages = readdirSync(docs, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md") && !/node_modules|generated|\.vitepress/.test(name))
  .map((name) => join("apps/docs", name));
const readmes = readdirSync(join(root, "packages")).map((name) => join("packages", name, "README.md"));
const allBlocks = [...pages, ...readmes, "README.md"].flatMap(blocksOf);
const blocks = allBlocks.filter(({ language }) => language !== "sh");
/** What is neither a server nor the program that a package's README begins with: that is run where READMEs are. */
const fragments = blocks.filter(
  ({ name, isServer }) => !isServer && !/^packages\/[\w-]+\/README\.md, block 1$/.test(name),
);

/** A program's text as Node runs it, in a file where its imports are found; gone when the test ends. */
function fileOf({ name, language, program }: Block, change: (text: string) => string): string {
  // Nest's parts have to be of one installation, which is where its sample is.
  const folder = /nestjs/.test(name) ? nestSample : docs;
  const file = join(folder, `block-${randomUUID()}.mjs`);
  writeFileSync(file, change(language === "ts" ? ts.transpile(program, TO_RUN) : program));
  onTestFinished(() => rmSync(file));
  return file;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "keyward-docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Runs a program to its end. Gives what it printed. */
async function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
  const child = spawn(command, args, { cwd, env: { PATH: process.env["PATH"], ...env } });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  expect(code, output).toBe(0);
  return output;
}

/** The workspace's own programs in place of those that would be fetched. */
const SHELL = `PATH="${join(root, "node_modules/.bin")}:$PATH"; npx() { "$@"; };`;

describe("the documentation's code", () => {
  it("compiles, every block of it", { timeout: 120_000 }, () => {
    expect(blocks.length).toBeGreaterThan(30);
    const files = new Map(
      blocks.map((block, index) => [
        join(docs, `block-${index}.${block.language === "ts" ? "ts" : "mjs"}`),
        block,
      ]),
    );
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
    const { readFile, fileExists, getSourceFile } = host;
    const known = (name: string) => files.get(name)?.program;
    host.readFile = (name) => known(name) ?? readFile.call(host, name);
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

  it.each(blocks.filter(({ isServer }) => isServer))(
    "of a server runs, and so do the commands that use it: $name",
    async (server) => {
      const port = String(await freePort());
      const file = fileOf(server, (text) => text.replaceAll("3000", port));
      const commands = allBlocks[allBlocks.indexOf(server) + 1] as Block;
      // Whatever starts it, it is the server of the page.
      const start = `node() { exec node "${file}"; }; npm() { node; };`;
      const end = "kill $!; wait $!";
      const output = await run(
        "sh",
        ["-euc", `${SHELL}${start}\n${commands.program.replaceAll("3000", port)}\n${end}`],
        temporaryFolder(),
        { NODE_OPTIONS: "--disable-warning=ExperimentalWarning" },
      );
      expect(output).toContain('{"hello":"first"}');
    },
  );

  it("of every other block runs, given what that takes for granted", { timeout: 120_000 }, async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    expect(fragments.length).toBeGreaterThan(20);
    for (const block of fragments) {
      const file = fileOf(block, (text) => text.replaceAll("redis://localhost:6379", redis.url));
      const folder = temporaryFolder();
      const env = { REDIS_URL: redis.url, KEYWARD_SECRET: SECRET, WEBHOOK_SECRET: SECRET };
      await run(process.execPath, [join(docs, "given.mjs"), file], folder, env).catch((error: unknown) => {
        throw new Error(`${block.name} does not run`, { cause: error });
      });
    }
  });

  it("for a shell runs, where nobody has to fill something in first", { timeout: 60_000 }, async () => {
    const commands = allBlocks
      .filter(({ language, name }) => language === "sh" && name.startsWith("apps/docs/production"))
      .flatMap(({ program }) => program.split("\n"))
      .filter((line) => line.startsWith("npx") && !/[<…]\w/.test(line));
    expect(commands.length).toBeGreaterThan(2);
    const folder = temporaryFolder();
    await run("git", ["init", "-q"], folder, {});
    for (const command of commands) await run("sh", ["-euc", `${SHELL}\n${command}`], folder, {});
  });
});
