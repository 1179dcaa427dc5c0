import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { publishedPackages, root } from "./published-packages.mjs";

const git = (cwd: string, ...args: readonly string[]) => {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
  return execFileSync("git", [...identity, ...args], { cwd, encoding: "utf8" }).trim();
};

describe("changeset version", () => {
  let copy: string;

  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), "keyward-release-"));
    onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
    const manifests = git(root, "ls-files", "*package.json", "pnpm-workspace.yaml", ".changeset");
    for (const path of manifests.split("\n")) {
      if (existsSync(join(root, path))) cpSync(join(root, path), join(copy, path));
    }
    for (const { name } of publishedPackages()) {
      const manifest = JSON.parse(read(name, "package.json")) as object;
      writeFileSync(
        join(copy, "packages", name, "package.json"),
        JSON.stringify({ ...manifest, version: "0.0.0" }),
      );
    }
    for (const path of readdirSync(join(copy, ".changeset"))) {
      if (path.endsWith(".md")) rmSync(join(copy, ".changeset", path));
    }
    git(copy, "init", "--quiet", "--initial-branch=main");
    commit("Unreleased packages");
  });

  function commit(message: string): string {
    git(copy, "add", ".");
    git(copy, "commit", "--quiet", "-m", message);
    return git(copy, "rev-parse", "HEAD");
  }

  /** Adds a changeset for one package; returns its commit. */
  function change(name: string, type: "minor" | "patch", text: string): string {
    writeFileSync(join(copy, ".changeset/a-change.md"), `---\n"${name}": ${type}\n---\n\n${text}\n`);
    return commit(text);
  }

  /** Versions all packages as a release does; returns the one version that all of them then have. */
  function versionAll(): string {
    const program = join(root, "node_modules/@changesets/cli/bin.js");
    execFileSync(process.execPath, [program, "version"], { cwd: copy });
    commit("Version packages");
    const versions = publishedPackages().map(({ name }) => {
      const { version } = JSON.parse(read(name, "package.json")) as { version: string };
      expect(read(name, "CHANGELOG.md"), name).toContain(`## ${version}\n`);
      return version;
    });
    expect(new Set(versions).size).toBe(1);
    return versions[0] as string;
  }

  const read = (name: string, file: string) => readFileSync(join(copy, "packages", name, file), "utf8");

  it("releases 0.1.0 first, then a minor as 0.2.0 and a patch as 0.2.1", { timeout: 60_000 }, () => {
    change("@keyward/core", "minor", "API keys and rate limits for Node.");
    expect(versionAll()).toBe("0.1.0");

    const minor = change("@keyward/core", "minor", "A feature that users see.");
    expect(versionAll()).toBe("0.2.0");
    expect(read("core", "CHANGELOG.md")).toContain(
      `- A feature that users see. ([\`${minor.slice(0, 7)}\`](https://github.com/keyward/keyward/commit/${minor}))`,
    );

    change("@keyward/testkit", "patch", "A fix.");
    expect(versionAll()).toBe("0.2.1");
  });

  it("has one changeset for each package until the first release", () => {
    const released = publishedPackages().some(({ manifest }) => manifest.version !== "0.0.0");
    if (released) return;
    const described = git(root, "ls-files", ".changeset/*.md")
      .split("\n")
      .flatMap((path) => [...readFileSync(join(root, path), "utf8").matchAll(/^"(.+)": minor$/gm)])
      .map(([, name]) => name);
    const published = publishedPackages().map(({ manifest }) => manifest.name);
    expect(described.toSorted()).toEqual(published.toSorted());
  });
});
