// Tests start real servers and a real browser. Those that are missing are installed from Debian's packages, where that is
// possible: as root, with apt. Otherwise this says what to install.
import { spawnSync } from "node:child_process";
import { findProgram } from "../packages/test-servers/src/find-program.mjs";

/** The programs that tests start, the Debian package of each, and the variable that can name one instead. */
const SERVERS = {
  chromium: { debian: "chromium", variable: "CHROMIUM" },
  curl: { debian: "curl" },
  nginx: { debian: "nginx-light" },
  pgbouncer: { debian: "pgbouncer", variable: "POSTGRES_URL" },
  postgres: { debian: "postgresql", variable: "POSTGRES_URL" },
  "redis-server": { debian: "redis-server", variable: "REDIS_URL" },
};

const isNamed = ({ variable }) => variable !== undefined && (process.env[variable] ?? "") !== "";

/** Commands that are neither installed nor named. */
function listMissing() {
  return Object.entries(SERVERS)
    .filter(([command, server]) => !isNamed(server) && findProgram(command) === undefined)
    .map(([command]) => command);
}

function install(packages) {
  // The tests start their own servers, so the services of the system are not started.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const run = (...args) =>
    spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env }).status === 0;
  const options = ["install", "-y", "-q", "--no-install-recommends", ...packages];
  return run(...options) || (run("update", "-q") && run(...options));
}

const packagesOf = (commands) => commands.map((command) => SERVERS[command].debian);

const missing = listMissing();
if (missing.length > 0 && process.getuid?.() === 0 && findProgram("apt-get") !== undefined) {
  console.error(`Installing ${packagesOf(missing).join(", ")} with apt-get …`);
  install(packagesOf(missing));
}

const stillMissing = listMissing();
if (stillMissing.length > 0) {
  console.error(`The tests need ${stillMissing.join(", ")}, which ${stillMissing.length > 1 ? "are" : "is"} not installed.

  Debian, Ubuntu  sudo apt-get install ${packagesOf(stillMissing).join(" ")}
  macOS           brew install redis postgresql pgbouncer nginx, and Chrome
  containers      docker compose -f packages/test-servers/compose.yaml up --wait

REDIS_URL, POSTGRES_URL and CHROMIUM can name servers and a browser that are there already. Tests that configure or stop
Redis or PostgreSQL are then left out. npm run test:unit runs the tests that need none of these.`);
  process.exit(1);
}
