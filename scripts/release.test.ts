import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { publishedPackages, root } from "./published-packages.mjs";

it("changesets become one version of all packages, and a changelog in each", () => {
  const copy = mkdtempSync(join(tmpdir(), "keyward-release-"));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  const git = (cwd: string, ...args: readonly string[]) =>
    execFileSync("git", args, { cwd, encoding: "utf8" });
  const manifests = git(root, "ls-files", "*package.json", "pnpm-workspace.yaml", ".changeset")
    .trim()
    .split("\n");
  for (const path of manifests) if (existsSync(join(root, path))) cpSync(join(root, path), join(copy, path));
  const change = '---\n"@keyward/core": minor\n---\n\nSomething that users see.\n';
  writeFileSync(join(copy, ".changeset/a-change.md"), change);
  git(copy, "init", "--quiet");
  git(copy, "add", ".");
  git(
    copy,
    "-c",
    "user.name=test",
    "-c",
    "user.email=test@example.com",
    "commit",
    "--quiet",
    "-m",
    "Changes",
  );

  execFileSync(process.execPath, [join(root, "node_modules/@changesets/cli/bin.js"), "version"], {
    cwd: copy,
  });

  const versions = publishedPackages().map(({ name, manifest }) => {
    const read = (file: string) => readFileSync(join(copy, "packages", name, file), "utf8");
    const { version } = JSON.parse(read("package.json")) as { version: string };
    expect(version, name).not.toBe(manifest.version);
    expect(read("CHANGELOG.md"), name).toContain(`## ${version}`);
    return version;
  });
  expect(new Set(versions).size).toBe(1);
  expect(readFileSync(join(copy, "packages/core/CHANGELOG.md"), "utf8")).toContain(
    "Something that users see.",
  );
});
