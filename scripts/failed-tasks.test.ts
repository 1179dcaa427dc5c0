import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { extractFailures } from "./failed-tasks.mjs";
import { root } from "./published-packages.mjs";

/** Runs a task of Turborepo in packages whose scripts print the given text and fail, and in one that succeeds. */
function runTurbo(outputs: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "keyward-failed-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const write = (path: string, content: object) => writeFileSync(join(folder, path), JSON.stringify(content));
  write("package.json", { name: "root", packageManager: "npm@10.0.0", workspaces: ["packages/*"] });
  write("turbo.json", { tasks: { test: { cache: false } } });
  write("package-lock.json", { lockfileVersion: 3, packages: {} });
  for (const [name, output] of Object.entries({ ...outputs, fine: "" })) {
    mkdirSync(join(folder, "packages", name), { recursive: true });
    writeFileSync(join(folder, "packages", name, "output.txt"), output);
    const test = `node -p "fs.readFileSync('output.txt', 'utf8')"${output === "" ? "" : " && exit 1"}`;
    write(`packages/${name}/package.json`, { name, scripts: { test } });
  }
  const args = ["run", "test", "--continue", "--log-prefix=task"];
  const { stdout, status } = spawnSync(join(root, "node_modules/.bin/turbo"), args, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", ...env },
  });
  expect(status).toBe(1);
  return stdout;
}

const fail = (title: string) => `\u001B[41m FAIL \u001B[49m test/a.test.ts > ${title}`;

it.each(["false", "true"])("repeats the errors of failed tests (GITHUB_ACTIONS=%s)", (GITHUB_ACTIONS) => {
  const passed = Array.from({ length: 100 }, (_, index) => ` ✓ passes ${index}`);
  const errors = Array.from({ length: 100 }, (_, index) => [fail(`title ${index}`), "  1| code"]).flat();
  const output = runTurbo(
    {
      a: [...passed, "\u001B[31m⎯⎯⎯\u001B[39m Failed Tests 100 ⎯⎯⎯", ...errors].join("\n"),
      b: [...passed, "error TS1005"].join("\n"),
    },
    { GITHUB_ACTIONS },
  );
  const [first = "", second = ""] = extractFailures(output).split(/(?=Failed task: b#test)/);
  expect(first).toMatch(
    /^Failed task: a#test\n\n⎯⎯⎯ Failed Tests 100 ⎯⎯⎯\n FAIL {2}test\/a.test.ts > title 0\n {2}1\| code\n/,
  );
  expect(first).toContain("> title 99");
  expect(first.split("\n").length).toBeLessThan(140);
  expect(second).toMatch(/ ✓ passes 99\nerror TS1005\n/);
  expect(second.split("\n").length).toBeLessThan(70);
});

it("repeats nothing of an output without a failed task", () => {
  expect(extractFailures(" Tasks:    1 successful, 1 total\nFailed: 0\n")).toBe("");
});
