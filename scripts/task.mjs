// Runs tasks of Turborepo on a machine that has only Node and npm: dependencies are installed from the lockfile first.
//
//   node scripts/task.mjs [--servers] [--quiet] [turbo's tasks and options]
//
// --servers  installs the servers that tests start, if they are missing
// --quiet    shows the output of a step only if the step fails
import { spawnSync } from "node:child_process";
import { pnpm } from "./pnpm.mjs";
import { root } from "./published-packages.mjs";

const options = new Set(["--servers", "--quiet"]);
const args = process.argv.slice(2);
const turboArgs = args.filter((arg) => !options.has(arg));
const quiet = args.includes("--quiet");

const steps = [{ title: "install", command: pnpm("install", "--frozen-lockfile", "--prefer-offline") }];
if (args.includes("--servers")) {
  steps.push({ title: "servers", command: [process.execPath, "scripts/install-servers.mjs"] });
}
if (turboArgs.length > 0) {
  steps.push({ title: turboArgs[0], command: pnpm("exec", "turbo", "run", ...turboArgs) });
}

for (const { title, command } of steps) {
  if (quiet) process.stderr.write(`${title} … `);
  const startedAt = Date.now();
  const result = spawnSync(command[0], command.slice(1), {
    cwd: root,
    stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
    encoding: "utf8",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
    maxBuffer: 64 * 1024 * 1024,
    // On Windows npx is a command file, which only a shell can start.
    shell: process.platform === "win32" && command[0] === "npx",
  });
  if (result.error) throw result.error;
  if (quiet) process.stderr.write(`${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
  if (result.status !== 0) {
    if (quiet) process.stderr.write(`${result.stdout}\n${result.stderr}\n`);
    console.error(`\nFailed: ${command.join(" ")}`);
    process.exit(result.status ?? 1);
  }
}
