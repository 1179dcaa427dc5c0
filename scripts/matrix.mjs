// Runs the whole suite in each Node that is supported, and in other runtimes what can be run there. All of
// them come from npm. Names of some, as arguments, run those alone: node scripts/matrix.mjs "Node 22" Deno
import { execFileSync, spawnSync } from "node:child_process";
import { delimiter, dirname, isAbsolute } from "node:path";
import { root } from "./published-packages.mjs";

const npx = (name, ...command) => ["npx", "--yes", "--package", name, ...command];
/** Node itself, not npx: the environment of npx would leak into each npx within the tests. */
function suite(version) {
  const [command, ...args] = npx(`node@${version}`, "node", "-p", "process.execPath");
  return [execFileSync(command, args, { encoding: "utf8" }).trim(), "node_modules/vitest/vitest.mjs", "run"];
}
const client = (...command) => [process.execPath, "scripts/runtimes/run.mjs", ...command];

const RUNS = {
  // The tools of the tests want a later Node 20 than the packages do.
  "Node 20.12, the demo": () => npx("node@20.12.0", "node", "apps/express-api/dist/demo.js", "--once"),
  "Node 20": () => suite(20),
  "Node 22": () => suite(22),
  "Node 24": () => suite(24),
  "Bun, the client": () => client(...npx("bun@1.4.5", "bun", "run")),
  "Deno, the client": () =>
    client(...npx("deno@2.9.6", "deno", "run", "-A", "--unsafely-ignore-certificate-errors=localhost")),
  "Bun, a server": () => npx("bun@1.4.5", "bun", "run", "packages/fetch/test/fixtures/server.mjs"),
  "Deno, a server": () =>
    npx(
      "deno@2.9.6",
      "deno",
      "run",
      "-A",
      "--node-modules-dir=manual",
      "packages/fetch/test/fixtures/server.mjs",
    ),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.keys(RUNS).some((each) => each.startsWith(name)));
if (unknown.length > 0) {
  console.error(`No run is called ${unknown.join(" or ")}. There are: ${Object.keys(RUNS).join("; ")}.`);
  process.exit(2);
}

const results = [];
for (const [name, commandOf] of Object.entries(RUNS)) {
  if (asked.length > 0 && !asked.some((each) => name.startsWith(each))) continue;
  console.log(`\n━━ ${name}\n`);
  const startedAt = Date.now();
  const [command, ...args] = commandOf();
  // Programs that tests start are to run in the same Node.
  const path = isAbsolute(command) ? `${dirname(command)}${delimiter}${process.env.PATH}` : process.env.PATH;
  const env = { ...process.env, PATH: path };
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", env });
  results.push({ name, passed: status === 0, seconds: Math.round((Date.now() - startedAt) / 1000) });
}

console.log();
for (const { name, passed, seconds } of results) {
  console.log(`${passed ? "passed" : "FAILED"}  ${name.padEnd(24)} ${String(seconds).padStart(5)} s`);
}
process.exit(results.every(({ passed }) => passed) ? 0 : 1);
