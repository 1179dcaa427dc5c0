import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { SampleServer } from "../apps/sample-tests/src/sample-server.ts";
import { startPostgres } from "../packages/test-servers/src/index.ts";
import { allBlocks } from "./doc-blocks.ts";
import { createKey, startExample } from "./example-server.ts";
import { archivesOf, installPacked } from "./install-packed.mjs";
import { root } from "./published-packages.mjs";

/**
 * Installs the packages as they are published into separate projects: the samples and the examples, copied out of the repository, and strict TypeScript
 * that checks its libraries, compiled to ES modules and to CommonJS, which are then run. One installation serves all of them.
 */
const work = mkdtempSync(join(tmpdir(), "keyward-consumers-"));

const CONSUMERS = ["bundles", "express", "jest", "koa", "nestjs-11", "nestjs-12"];
const SAMPLES = ["express-api", "koa-api", "nestjs-api"];
const EXAMPLES = ["fastify", "hono", "nextjs"];

/** Dependencies that may run a script when they are installed, or may not. */
const ALLOW_BUILDS = {
  esbuild: true,
  "@swc/core": true,
  "@nestjs/core": false,
  "@scarf/scarf": false,
  sharp: false,
};

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

/** Copies the sources of a folder. */
function copyFolder(folder: string, name: string): void {
  // Other tests write their programs into the samples meanwhile.
  const filter = (path: string) => !/^(node_modules|dist|\.turbo|block-.*)$/.test(basename(path));
  cpSync(join(root, folder), join(work, name), { recursive: true, filter });
}

beforeAll(() => {
  for (const name of CONSUMERS) copyFolder(`scripts/consumers/${name}`, name);
  for (const name of SAMPLES) copyFolder(`apps/${name}`, name);
  for (const name of EXAMPLES) copyFolder(`examples/${name}`, name);
  installPacked(work, archivesOf(inject("packed")), ALLOW_BUILDS, ["*"]);
}, 300_000);
afterAll(() => rmSync(work, { recursive: true, force: true }), 300_000);

/** A project of strict TypeScript: one program, as an ES module and as CommonJS. */
function typeScriptProject(name: string, program = name): string {
  const cwd = join(work, name);
  for (const kind of ["mts", "cts"]) {
    copyFileSync(join(root, "scripts/consumers", program, "main.ts"), join(cwd, `main.${kind}`));
  }
  const files = ["main.mts", "main.cts"];
  writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files }));
  return cwd;
}

const bin = (cwd: string, name: string) => join(cwd, "node_modules", ".bin", name);

/** Runs a program in a project, to its end. A failure prints its output. */
function expectSuccess(cwd: string, program: string, ...args: readonly string[]): void {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8", env });
  expect(status, `${program} ${args.join(" ")}\n${stdout}${stderr}`).toBe(0);
}

const compile = (cwd: string) => expectSuccess(cwd, bin(cwd, "tsc"), "-p", ".");

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

describe("a sample that is copied out of the repository", { timeout: 300_000 }, () => {
  it.each(SAMPLES)("compiles, passes its tests and serves: %s", async (name) => {
    const cwd = join(work, name);
    for (const script of ["typecheck", "build"]) expectSuccess(cwd, "npm", "run", script);
    // Not the demo, which the repository's own tests run.
    expectSuccess(cwd, "npm", "test", "--", "test/app.test.ts");
    const server = new SampleServer(join(cwd, "dist/main.js"));
    await server.start();
    const key = createKey(server.folder);
    expect(await server.ask("/v1/hello", key)).toMatchObject({ status: 200, body: { hello: "first" } });
    expect(await server.ask("/admin/")).toMatchObject({ status: 200 });
    expect(await server.stop("SIGTERM")).toBe(0);
  });

  it("has the same settings and servers as the others", () => {
    const shared = ["src/usage-today.ts", "src/setup"];
    for (const name of SAMPLES) {
      for (const path of shared)
        expectSuccess(root, "diff", "-r", `apps/express-api/${path}`, `apps/${name}/${path}`);
    }
  });
});

describe("an example that is copied out of the repository", { timeout: 300_000 }, () => {
  it.each(["fastify", "hono"])("compiles and serves: %s", async (name) => {
    const cwd = join(work, name);
    expectSuccess(cwd, "npm", "run", "typecheck");
    const { url, key } = await startExample(cwd, ["--import", "tsx", "server.ts"], "reports:write");
    const ask = (path: string, method = "GET") =>
      fetch(url + path, { method, headers: { "x-api-key": key } });
    expect(await (await ask("/v1/hello")).json()).toEqual({ hello: "first" });
    expect((await ask("/v1/reports", "POST")).status).toBe(201);
    expect(await (await ask("/v1/me")).json()).toMatchObject({ remaining: { daily: 1989 } });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/v1/hello`)).status).toBe(401);
  });

  it("is built, passes its tests and serves: Next.js", async () => {
    const cwd = join(work, "nextjs");
    // Without a secret, as in an image that is built for several deployments.
    for (const script of ["build", "test"]) expectSuccess(cwd, "npm", "run", script);
    expect(existsSync(join(cwd, "keyward.db"))).toBe(false);
    const { url, key } = await startExample(cwd, ["node_modules/next/dist/bin/next", "start"], "hello:write");
    const ask = (headers: Record<string, string>) =>
      fetch(`${url}/api/hello/world`, { method: "POST", headers });
    const admitted = await ask({ "x-api-key": key, "x-forwarded-proto": "https" });
    expect(admitted.status).toBe(201);
    expect(await admitted.json()).toEqual({ hello: "world", from: "first" });
    expect(admitted.headers.get("ratelimit")).toMatch(/"daily";r=1990;/);
    expect(admitted.headers.get("cache-control")).toBe("private");
    expect(admitted.headers.get("vary")).toContain("x-api-key");
    expect(await (await ask({ "x-forwarded-proto": "https" })).json()).toMatchObject({
      code: "missing-api-key",
    });
    expect(await (await ask({ "x-api-key": key })).json()).toMatchObject({ code: "https-required" });
  });

  it("has the files of the quick start for Next.js", () => {
    const files = allBlocks.filter(
      ({ name, label }) => name.startsWith("apps/docs/start/fetch.md,") && label,
    );
    expect(files.map(({ label }) => label)).toEqual([
      "lib/keyward.ts",
      "app/api/hello/[name]/route.ts",
      "next.config.mjs",
      "handler.test.mjs",
    ]);
    for (const { label, program } of files) {
      expect(readFileSync(join(root, "examples/nextjs", String(label)), "utf8"), label).toBe(program);
    }
  });
});

describe("a project that installs the packed packages", { timeout: 180_000 }, () => {
  it("serves Express", () => {
    const cwd = typeScriptProject("express");
    compile(cwd);
    for (const file of ["dist/main.mjs", "dist/main.cjs"]) {
      expect(run(cwd, file)).toBe('200 {"hello":"consumer"}');
    }
  });

  it("serves Koa", () => {
    const cwd = typeScriptProject("koa");
    compile(cwd);
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
    const options = { ...COMPILER_OPTIONS, module, moduleResolution, noEmit: true, esModuleInterop: true };
    copyFileSync(join(root, "scripts/consumers/nestjs/entries.ts"), join(cwd, "entries.ts"));
    writeFileSync(
      join(cwd, "tsconfig.entries.json"),
      JSON.stringify({ compilerOptions: { ...options, skipLibCheck: true }, files: ["entries.ts"] }),
    );
    expectSuccess(cwd, bin(cwd, "tsc"), "-p", "tsconfig.entries.json");
  });

  it.each(["nestjs-11", "nestjs-12"])("serves %s, whatever compiles it", (name) => {
    const cwd = typeScriptProject(name, "nestjs");
    compile(cwd);
    expectSuccess(cwd, bin(cwd, "esbuild"), "main.mts", "--outfile=dist/esbuild.mjs");
    writeFileSync(join(cwd, "swc.mjs"), SWC);
    expectSuccess(cwd, process.execPath, "swc.mjs");
    for (const file of ["dist/main.mjs", "dist/main.cjs", "dist/esbuild.mjs", "dist/swc.mjs"]) {
      expect(run(cwd, file), file).toBe('200 {"hello":"consumer","left":1998}');
    }
  });
});

/** The bundle is run where nothing is installed: all that it needs has to be in it. */
describe("the console in a CommonJS bundle", { timeout: 180_000 }, () => {
  const cwd = join(work, "bundles");

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
