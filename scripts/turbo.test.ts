import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publishedPackages, root } from "./published-packages.mjs";

interface Task {
  readonly taskId: string;
  readonly package: string;
  readonly hash: string;
  readonly command: string;
}

const copy = mkdtempSync(join(tmpdir(), "keyward-turbo-"));
const git = (cwd: string, ...args: readonly string[]) => execFileSync("git", args, { cwd, encoding: "utf8" });

/** The tasks of every package that have a command, with the hash by which Turborepo finds them in its cache. */
function listTasks(): Task[] {
  const args = ["run", "test", "typecheck", "lint", "build", "exports", "--dry=json", "--skip-infer"];
  const options = { cwd: copy, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
  const { tasks } = JSON.parse(execFileSync(join(root, "node_modules/.bin/turbo"), args, options)) as {
    tasks: Task[];
  };
  return tasks.filter(({ command }) => command !== "<NONEXISTENT>");
}

/** The tasks that run again after a line was added to a file. */
function tasksChangedBy(path: string): string[] {
  const before = new Map(listTasks().map(({ taskId, hash }) => [taskId, hash]));
  appendFileSync(join(copy, path), "// A change.\n");
  return listTasks()
    .filter(({ taskId, hash }) => before.get(taskId) !== hash)
    .map(({ taskId }) => taskId)
    .toSorted();
}

beforeAll(() => {
  const files = git(root, "ls-files", "--cached", "--others", "--exclude-standard").trim().split("\n");
  for (const path of files) if (existsSync(join(root, path))) cpSync(join(root, path), join(copy, path));
  git(copy, "init", "--quiet");
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe("Turborepo", { timeout: 60_000 }, () => {
  it("has the same five tasks for every published package", () => {
    const tasks = new Set(listTasks().map(({ taskId }) => taskId));
    const expected = publishedPackages().flatMap(({ manifest }) =>
      ["build", "test", "typecheck", "lint", "exports"].map((task) => `${manifest.name}#${task}`),
    );
    expect(expected.filter((task) => !tasks.has(task))).toEqual([]);
  });

  it("runs koa, its sample, the samples' tests and the bench's checks after a change in koa", () => {
    expect(tasksChangedBy("packages/koa/src/index.ts")).toEqual([
      "//#lint",
      "@keyward/bench#lint",
      "@keyward/bench#typecheck",
      "@keyward/koa#build",
      "@keyward/koa#exports",
      "@keyward/koa#lint",
      "@keyward/koa#test",
      "@keyward/koa#typecheck",
      "@keyward/koa-api#build",
      "@keyward/koa-api#test",
      "@keyward/koa-api#typecheck",
      "@keyward/sample-tests#lint",
      "@keyward/sample-tests#test",
      "@keyward/sample-tests#typecheck",
    ]);
  });

  it("runs the tests that start a server after a change in how servers are started", () => {
    expect(tasksChangedBy("packages/test-servers/src/redis.ts")).toEqual(
      expect.arrayContaining(["@keyward/core#test", "@keyward/koa-api#test", "@keyward/sql#test"]),
    );
  });
});
