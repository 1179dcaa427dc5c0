import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { freePort } from "../packages/test-servers/src/index.ts";
import { root } from "./published-packages.mjs";

/** Creates the key "first" with the command line, in a folder with a database. Returns the raw key. */
export function createKey(cwd: string, ...args: readonly string[]): string {
  const main = join(root, "packages/cli/dist/main.js");
  const command = [
    "--disable-warning=ExperimentalWarning",
    main,
    "keys",
    "create",
    "--name",
    "first",
    ...args,
  ];
  const env = { PATH: process.env["PATH"] };
  return execFileSync(process.execPath, command, { cwd, env, encoding: "utf8" }).trim();
}

/** Starts a program of Node with a new secret, and waits until it serves. Returns its address, and a key with the scope. */
export async function startExample(
  cwd: string,
  program: readonly string[],
  scope: string,
): Promise<{ readonly url: string; readonly key: string }> {
  writeFileSync(join(cwd, ".env"), `KEYWARD_SECRET=${randomBytes(32).toString("hex")}\n`);
  const key = createKey(cwd, "--scope", scope);
  const port = await freePort();
  const env = { PATH: process.env["PATH"], PORT: String(port), NEXT_TELEMETRY_DISABLED: "1" };
  const server = spawn(process.execPath, ["--env-file=.env", ...program], { cwd, env });
  let output = "";
  for (const stream of [server.stdout, server.stderr])
    stream.on("data", (chunk) => (output += String(chunk)));
  const exited = once(server, "exit");
  onTestFinished(async () => {
    server.kill("SIGTERM");
    await exited;
  });
  const url = `http://127.0.0.1:${port}`;
  await expect
    .poll(
      () =>
        fetch(url).then(
          () => "serves",
          () => output,
        ),
      { timeout: 30_000 },
    )
    .toBe("serves");
  return { url, key };
}
