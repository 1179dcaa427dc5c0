// Runs tasks of Turborepo on a machine that has only Node and npm: dependencies are installed from the lockfile first.
// After a failure, the errors of the failed tasks are printed again at the end.
//
//   node scripts/task.mjs [--servers] [--quiet] [turbo's tasks and options]
//
// --servers  installs the servers that tests start, if they are missing
// --quiet    shows the output of a step only if the step fails
import { spawn } from "node:child_process";
import { extractFailures } from "./failed-tasks.mjs";
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
  const command = pnpm("exec", "turbo", "run", ...turboArgs, "--log-prefix=task");
  steps.push({ title: turboArgs[0], command });
}

for (const { title, command } of steps) {
  if (quiet) process.stderr.write(`${title} … `);
  const startedAt = Date.now();
  const { status, output } = await run(command);
  if (quiet) process.stderr.write(`${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
  if (status !== 0) {
    if (quiet) process.stderr.write(`${output}\n`);
    console.error(`\n${extractFailures(output)}\nFailed: ${command.join(" ")}`);
    process.exitCode = status;
    break;
  }
}

/** Runs a command, and prints what it prints as it comes unless quiet. */
function run(command) {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), {
      cwd: root,
      stdio: [quiet ? "ignore" : "inherit", "pipe", "pipe"],
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
      // On Windows npx is a command file, which only a shell can start.
      shell: process.platform === "win32" && command[0] === "npx",
    });
    let output = "";
    for (const name of ["stdout", "stderr"]) {
      child[name].setEncoding("utf8").on("data", (text) => {
        output += text;
        if (!quiet) process[name].write(text);
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ status: code ?? 1, output }));
  });
}
