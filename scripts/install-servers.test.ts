import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { root } from "./published-packages.mjs";

const NAMED = {
  CHROMIUM: "/usr/bin/chromium",
  REDIS_URL: "redis://127.0.0.1:6379",
  POSTGRES_URL: "postgres://127.0.0.1:5432/postgres",
};

/** Runs the script where only these programs can be found in the PATH, and there is no apt. */
function installServers(programs: readonly string[], env: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "keyward-programs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of programs) writeFileSync(join(folder, name), "", { mode: 0o755 });
  return spawnSync(process.execPath, [join(root, "scripts/install-servers.mjs")], {
    env: { ...env, PATH: folder },
    encoding: "utf8",
  });
}

it("installs nothing where servers and a browser are named", () => {
  const { status, stderr } = installServers(["curl", "nginx"], NAMED);
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

it("names what is missing where it cannot install it, and what can take its place", () => {
  const { REDIS_URL: _, ...others } = NAMED;
  const { status, stderr } = installServers(["curl", "nginx"], others);
  expect(status).toBe(1);
  expect(stderr).toContain("redis-server");
  expect(stderr).toContain("docker compose -f packages/test-servers/compose.yaml up --wait");
  expect(stderr).not.toMatch(/need[^\n]*(postgres|chromium|nginx)/);
});
