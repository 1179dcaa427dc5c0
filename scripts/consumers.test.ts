import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { startPostgres } from "../packages/test-servers/src/index.ts";
import { archivesOf, installPacked } from "./install-packed.mjs";
import { root } from "./published-packages.mjs";

/**
 * Packs the packages as they are published and installs them into separate projects: strict TypeScript that checks its libraries, compiled to ES modules and to CommonJS, which are then run.
 */
const programs = join(root, "scripts", "consumers");
const work = mkdtempSync(join(tmpdir(), "keyward-consumers-"));

const COMPILER_OPTIONS = {
  target: "ES2022",
  lib: ["ES2023"],
  types: ["node"],
  module: "NodeNext",
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  outDir: "dist",
};

const archives = archivesOf(inject("packed"));

afterAll(() => rmSync(work, { recursive: true, force: true }));

/** A project in a separate folder, with its dependencies installed. */
function project(name: string, program = name): string {
  const cwd = join(work, name);
  if (existsSync(cwd)) return cwd;
  mkdirSync(cwd);
  copyFileSync(join(programs, name, "package.json"), join(cwd, "package.json"));
  for (const kind of ["mts", "cts"]) {
    copyFileSync(join(programs, program, "main.ts"), join(cwd, `main.${kind}`));
  }
  const files = ["main.mts", "main.cts"];
  writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files }));
  installPacked(cwd, archives, { esbuild: true, "@swc/core": true, "@nestjs/core": false });
  return cwd;
}

const bin = (cwd: string, name: string) => join(cwd, "node_modules", ".bin", name);

function compile(cwd: string, ...files: readonly string[]): void {
  // It prints errors to standard output.
  try {
    execFileSync(bin(cwd, "tsc"), ["-p", "."], { cwd, encoding: "utf8" });
  } catch (error) {
    throw new Error(`${files.join(", ")} do not compile:\n${(error as { stdout: string }).stdout}`, {
      cause: error,
    });
  }
}

function run(cwd: string, file: string): string {
  return execFileSync(
    process.execPath,
    ["--disable-warning=KEYWARD_PLAIN_HTTP", "--disable-warning=ExperimentalWarning", file],
    {
      cwd,
      encoding: "utf8",
    },
  ).trim();
}

describe("a project that installs the packed packages", { timeout: 180_000 }, () => {
  it("serves Express", () => {
    const cwd = project("express");
    compile(cwd, "main.mts", "main.cts");
    for (const file of ["dist/main.mjs", "dist/main.cjs"]) {
      expect(run(cwd, file)).toBe('200 {"hello":"consumer"}');
    }
  });

  it("serves Koa", () => {
    const cwd = project("koa");
    compile(cwd, "main.mts", "main.cts");
    for (const file of ["dist/main.mjs", "dist/main.cjs"]) {
      expect(run(cwd, file)).toBe('200 {"hello":"consumer","redis":"function"}');
    }
  });

  it.each([
    ["NodeNext", "NodeNext"],
    ["ESNext", "Bundler"],
    ["CommonJS", "Node10"],
  ])("compiles with module %s and moduleResolution %s", (module, moduleResolution) => {
    const cwd = join(work, "nestjs-12");
    if (!existsSync(cwd)) project("nestjs-12", "nestjs");
    const options = { ...COMPILER_OPTIONS, module, moduleResolution, noEmit: true, esModuleInterop: true };
    copyFileSync(join(programs, "nestjs", "entries.ts"), join(cwd, "entries.ts"));
    writeFileSync(
      join(cwd, "tsconfig.entries.json"),
      JSON.stringify({ compilerOptions: { ...options, skipLibCheck: true }, files: ["entries.ts"] }),
    );
    expect(
      spawnSync(bin(cwd, "tsc"), ["-p", "tsconfig.entries.json"], { cwd, encoding: "utf8" }).stdout,
    ).toBe("");
  });

  it("serves Next.js", () => {
    const cwd = join(work, "nextjs");
    cpSync(join(programs, "nextjs"), cwd, { recursive: true });
    installPacked(cwd, archives, { sharp: false });
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
    execFileSync(bin(cwd, "next"), ["build"], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    expect(run(cwd, "main.mjs").split("\n")).toEqual([
      '200 {"hello":"world","key":"consumer","plan":"default"} private',
      "401 missing-api-key true",
    ]);
  });

  it.each(["nestjs-11", "nestjs-12"])("serves %s, whatever compiles it", (name) => {
    const cwd = project(name, "nestjs");
    compile(cwd, "main.mts", "main.cts");
    execFileSync(bin(cwd, "esbuild"), ["main.mts", "--outfile=dist/esbuild.mjs"], { cwd, stdio: "ignore" });
    writeFileSync(join(cwd, "swc.mjs"), SWC);
    execFileSync(process.execPath, ["swc.mjs"], { cwd });
    for (const file of ["dist/main.mjs", "dist/main.cjs", "dist/esbuild.mjs", "dist/swc.mjs"]) {
      expect(run(cwd, file), file).toBe('200 {"hello":"consumer","left":1998}');
    }
  });
});

/** The bundle is run where nothing is installed: all that it needs has to be in it. */
describe("the console in a CommonJS bundle", { timeout: 180_000 }, () => {
  let cwd: string;

  beforeAll(() => {
    cwd = join(work, "bundles");
    cpSync(join(programs, "bundles"), cwd, { recursive: true });
    installPacked(cwd, archives, { esbuild: true });
  }, 180_000);

  it.each(["esbuild", "webpack", "ncc"])("serves its page and signs in, bundled by %s", (bundler) => {
    execFileSync(process.execPath, ["bundle.cjs", bundler], { cwd });
    const elsewhere = mkdtempSync(join(tmpdir(), "keyward-bundle-"));
    onTestFinished(() => rmSync(elsewhere, { recursive: true, force: true }));
    cpSync(join(cwd, "dist", bundler), elsewhere, { recursive: true });
    expect(run(elsewhere, "index.cjs")).toBe("200 200 204");
  });
});

describe("a project that tests with Jest 29, as a new Nest application does", { timeout: 180_000 }, () => {
  it("opens each store in CommonJS", async () => {
    const cwd = join(work, "jest");
    cpSync(join(programs, "jest"), cwd, { recursive: true });
    installPacked(cwd, archives, {});
    const postgres = await startPostgres();
    try {
      const env = { ...process.env, POSTGRES_URL: await postgres.createDatabase() };
      const { status, stderr } = spawnSync(bin(cwd, "jest"), ["--ci"], { cwd, encoding: "utf8", env });
      expect(status, stderr).toBe(0);
      expect(stderr).toContain("2 passed");
    } finally {
      await postgres.stop();
    }
  });
});

/** Compiles the program as Nest's own command line has swc do it. */
const SWC = `
import { transformFileSync } from "@swc/core";
import { writeFileSync } from "node:fs";
const { code } = transformFileSync("main.mts", {
  jsc: {
    target: "es2022",
    parser: { syntax: "typescript", decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
  module: { type: "nodenext" },
});
writeFileSync("dist/swc.mjs", code);
`;
