import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { createKeyward } from "../packages/core/src/index.ts";
import { REFUSALS } from "../packages/core/src/admission/refusals.ts";
import { sqliteStore } from "../packages/sql/src/index.ts";
import { freePort } from "../packages/test-servers/src/index.ts";

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
  readonly runs: boolean;
  readonly program: string;
}

function blocksOf(file: string): Block[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/^```(ts|js)( run)?\n([\s\S]*?)^```$/gm)].map(
    ([, language = "", runs, program = ""], index) => ({
      name: `${file}, block ${index + 1}`,
      language,
      runs: runs !== undefined,
      program,
    }),
  );
}

const pages = readdirSync(docs, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md") && !/node_modules|generated|\.vitepress/.test(name))
  .map((name) => join("apps/docs", name));
const readmes = readdirSync(join(root, "packages")).map((name) => join("packages", name, "README.md"));
const blocks = [...pages, ...readmes, "README.md"].flatMap(blocksOf);

describe("the documentation", () => {
  it("has a page for each problem, which says of it what the server says", () => {
    const problems = readFileSync(join(docs, "problems.mjs"), "utf8");
    for (const [code, row] of Object.entries(REFUSALS)) {
      const from = problems.indexOf(`"${code}": {`);
      expect(from, code).toBeGreaterThan(0);
      const entry = problems.slice(from, problems.indexOf("operator:", from));
      expect(entry, code).toContain(`status: ${row.status},`);
      expect(entry, code).toContain(`title: ${JSON.stringify(row.title)},`);
      const type = "type" in row ? `\`\${IANA}${row.type.split("#")[1]}\`` : `urn("${code}")`;
      expect(entry, code).toContain(`type: ${type},`);
    }
    expect(problems.match(/^ {2}"[\w-]+": \{$/gm)).toHaveLength(Object.keys(REFUSALS).length);
  });

  it("has a page for each code of an error", () => {
    const union = readFileSync(join(root, "packages/core/src/errors.ts"), "utf8").split(";", 1)[0] as string;
    const codes = [...union.matchAll(/^ {2}\| "([\w-]+)"/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(10);
    const explained = readFileSync(join(docs, "errors.mjs"), "utf8");
    expect([...explained.matchAll(/^ {2}"([\w-]+)": \{$/gm)].map(([, code]) => code)).toEqual(codes);
  });

  it("has code that compiles, every block of it", { timeout: 120_000 }, () => {
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

  it.each(blocks.filter(({ runs }) => runs))(
    "has a server that runs: $name",
    async ({ name, language, program }) => {
      const folder = mkdtempSync(join(tmpdir(), "keyward-docs-"));
      const port = await freePort();
      // Nest's parts have to be of one installation, which is where its sample is.
      const file = join(name.includes("nestjs") ? nestSample : docs, `run-${port}.mjs`);
      const javaScript = language === "ts" ? ts.transpile(program, TO_RUN) : program;
      writeFileSync(file, javaScript.replaceAll("3000", String(port)));
      const kw = createKeyward({ secret: SECRET, store: await sqliteStore(join(folder, "keyward.db")) });
      const { secret } = await kw.keys.create({ name: "reader" });
      await kw.close();
      const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", file], {
        cwd: folder,
        env: { PATH: process.env["PATH"], KEYWARD_SECRET: SECRET },
        stdio: ["ignore", "ignore", "pipe"],
      });
      let errors = "";
      child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
      try {
        const hello = () =>
          fetch(`http://127.0.0.1:${port}/v1/hello`, { headers: { "x-api-key": secret.reveal() } }).then(
            (response) => response.json(),
            () => errors,
          );
        await expect.poll(hello, { timeout: 10_000 }).toEqual({ hello: "reader" });
        const ended = once(child, "exit");
        child.kill("SIGTERM");
        expect(await ended).toEqual([0, null]);
      } finally {
        child.kill("SIGKILL");
        rmSync(file);
        rmSync(folder, { recursive: true });
      }
    },
  );
});
