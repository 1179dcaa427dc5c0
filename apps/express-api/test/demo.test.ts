import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("the demo succeeds, prints plain text without a terminal, and exits", { timeout: 60_000 }, () => {
  const demo = fileURLToPath(new URL("../dist/demo.js", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [demo, "--once"], { encoding: "utf8" });
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toContain("500 admitted, 200 refused, 200 with Retry-After");
  expect(stdout).toMatch(/steps\. All of it went as it should\./);
  expect(stdout).not.toContain("\u001B");
  expect(stderr).toBe("");
  const [key = "no key"] = /prod_[0-9A-Za-z]{8}(-[0-9A-Za-z]{4}){2}-[0-9A-Za-z]{8}/.exec(stdout) ?? [];
  expect(stdout.split(key)).toHaveLength(2);
});
