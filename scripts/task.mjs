// Runs one of the repository's tasks on a machine that has only Node and npm: the pinned pnpm is
// started through npx, dependencies are installed from the lockfile, packages are built.
import { spawnSync } from "node:child_process";
import { pnpm } from "./pnpm.mjs";

const root = new URL("..", import.meta.url);

const install = { title: "install", run: pnpm("install", "--frozen-lockfile", "--prefer-offline") };
const turbo = (task) => pnpm("exec", "turbo", "run", task, "--output-logs=errors-only");
const build = { title: "build", run: turbo("build") };
const exec = (title, ...args) => ({ title, run: pnpm("exec", ...args) });

const script = (title, file, ...args) => ({ title, run: [process.execPath, `scripts/${file}`, ...args] });

/** The servers that tests start for themselves, from the system's packages. */
const servers = script("servers", "install-servers.mjs");

/** The documentation site. A link that leads nowhere fails it. */
const documentation = { title: "documentation", run: pnpm("--filter", "@keyward/docs", "run", "site") };

const tasks = {
  setup: [install, build],
  test: [install, build, servers, exec("test", "vitest", "run")],
  faults: [
    install,
    build,
    servers,
    {
      ...exec("faults", "vitest", "run", "packages/core/test/redis/schedules.test.ts"),
      env: { FAULT_SCHEDULES: "200" },
    },
  ],
  check: [
    install,
    build,
    { title: "types", run: turbo("typecheck") },
    exec("types of the root", "tsc", "-p", "tsconfig.json"),
    exec("lint", "oxlint", "--type-aware", "--deny-warnings"),
    exec("format", "oxfmt", "--check"),
    exec("dead code", "knip"),
    { title: "exports", run: turbo("exports") },
    script("public surface", "api-reports.mjs"),
    exec("spelling", "cspell", "lint", "--no-progress", "--quiet"),
    script("packages", "release.mjs", "--dry-run"),
    exec(
      "coverage",
      "vitest",
      "run",
      "--config",
      "vitest.decisions.config.ts",
      "--coverage",
      "--reporter",
      "dot",
    ),
    {
      ...exec("fuzzing", "vitest", "run", "--project", "all but outages", "/fuzz.test.ts"),
      env: { FUZZ_MS: "5000" },
    },
    documentation,
  ],
  api: [install, build, script("public surface", "api-reports.mjs", "--write")],
  mutation: [install, build, exec("mutation", "stryker", "run")],
  release: [install, build, script("release", "release.mjs")],
  "test:matrix": [install, build, servers, script("matrix", "matrix.mjs")],
  docs: [install, build, documentation],
  format: [install, exec("format", "oxfmt")],
  demo: [
    install,
    build,
    { title: "demo", run: [process.execPath, "apps/express-api/dist/demo.js"], show: true },
  ],
  bench: [
    install,
    build,
    servers,
    { title: "bench", run: [process.execPath, "--expose-gc", "apps/bench/dist/main.js"], show: true },
  ],
};

const [name, ...rest] = process.argv.slice(2);
const steps = tasks[name];
if (steps === undefined) {
  console.error(`Unknown task "${name}". There are: ${Object.keys(tasks).join(", ")}.`);
  process.exit(2);
}

// The demo and the benchmarks are read by people: their set-up is shown only when it fails.
const quiet = steps.some((step) => step.show);

for (const [index, step] of steps.entries()) {
  const [command, ...args] = index === steps.length - 1 ? [...step.run, ...rest] : step.run;
  const shown = step.show || !quiet;
  if (!shown) process.stderr.write(`${step.title} … `);
  const startedAt = Date.now();
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: shown ? "inherit" : ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", ...step.env },
    maxBuffer: 64 * 1024 * 1024,
    // On Windows npx is a command file, which only a shell can start.
    shell: process.platform === "win32" && command === "npx",
  });
  if (result.error) throw result.error;
  if (!shown) process.stderr.write(`${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
  if (result.status !== 0) {
    if (!shown) process.stderr.write(`${result.stdout}\n${result.stderr}\n`);
    console.error(`\n${name} stopped at "${step.title}" (${[command, ...args].join(" ")}).`);
    process.exit(result.status ?? 1);
  }
}
