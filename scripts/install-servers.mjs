// Tests start real servers and a real browser. Those that are missing are installed from Debian's packages, where that is
// possible: as root, with apt. Otherwise this says what to install.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The programs that tests start, the Debian package of each, and the variable that can name it. */
const SERVERS = {
  chromium: { debian: "chromium", variable: "CHROMIUM" },
  curl: { debian: "curl" },
  nginx: { debian: "nginx-light" },
  pgbouncer: { debian: "pgbouncer" },
  postgres: { debian: "postgresql" },
  "redis-server": { debian: "redis-server" },
};

/** Debian keeps the programs of each PostgreSQL release in a folder that is not in the PATH. */
const POSTGRESQL = "/usr/lib/postgresql";

function isInstalled(command) {
  const releases = existsSync(POSTGRESQL) ? readdirSync(POSTGRESQL) : [];
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    "/usr/sbin",
    ...releases.map((release) => join(POSTGRESQL, release, "bin")),
  ];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const isNamed = ({ variable }) => variable !== undefined && (process.env[variable] ?? "") !== "";

/** Commands that are neither installed nor named. */
function listMissing() {
  return Object.entries(SERVERS)
    .filter(([command, server]) => !isNamed(server) && !isInstalled(command))
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
if (missing.length > 0 && process.getuid?.() === 0 && isInstalled("apt-get")) {
  console.error(`Installing ${packagesOf(missing).join(", ")} with apt-get …`);
  install(packagesOf(missing));
}

const stillMissing = listMissing();
if (stillMissing.length > 0) {
  console.error(`The tests need ${stillMissing.join(", ")}, which ${stillMissing.length > 1 ? "are" : "is"} not installed.

  Debian, Ubuntu  sudo apt-get install ${packagesOf(stillMissing).join(" ")}
  macOS           brew install redis postgresql pgbouncer nginx, and Chrome

CHROMIUM can name a browser that is installed elsewhere. npm run test:unit runs the tests that need none of these.`);
  process.exit(1);
}
