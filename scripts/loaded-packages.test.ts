import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { root } from "./published-packages.mjs";

/** The files of installed packages that a program loads, relative to their `node_modules`. Node's own coverage lists them. */
function filesLoadedBy(...args: readonly string[]): string[] {
  const coverage = mkdtempSync(join(tmpdir(), "keyward-loaded-"));
  onTestFinished(() => rmSync(coverage, { recursive: true }));
  const env = { ...process.env, NODE_V8_COVERAGE: coverage };
  execFileSync(process.execPath, args, { cwd: root, env, stdio: "pipe" });
  const urls = readdirSync(coverage).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(coverage, name), "utf8")) as {
      result: { url: string }[];
    };
    return result.map(({ url }) => url);
  });
  return urls
    .filter((url) => url.includes("/node_modules/"))
    .map((url) => url.replace(/.*\/node_modules\//, ""));
}

const packagesOf = (files: readonly string[]) =>
  new Set(files.map((path) => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] as string));

it("loads no database driver for the command line's help", () => {
  const loaded = packagesOf(filesLoadedBy("packages/cli/dist/main.js", "--help"));
  expect(loaded).toContain("commander");
  for (const driver of ["pg", "ioredis", "redis", "libsql"]) expect(loaded).not.toContain(driver);
});

it.each(["index.js", "index.cjs"])(
  "loads only the classes in use of rate-limiter-flexible: core/dist/%s",
  (file) => {
    const files = filesLoadedBy(`packages/core/dist/${file}`);
    expect(files).toContain("rate-limiter-flexible/lib/RateLimiterMemory.js");
    expect(files).not.toContain("rate-limiter-flexible/index.js");
  },
);
