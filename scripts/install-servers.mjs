// Tests start real servers and a real browser. Where one is missing it is installed from Debian's packages if that may be done
// here; else this says what to install. Nothing is skipped for want of a server.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What tests start, and the Debian package that has it. */
const servers = {
  chromium: "chromium",
  curl: "curl",
  nginx: "nginx-light",
  pgbouncer: "pgbouncer",
  postgres: "postgresql",
  "redis-server": "redis-server",
};

/** Debian keeps the programs of each release of PostgreSQL apart, out of the PATH. */
const POSTGRESQL = "/usr/lib/postgresql";

function isInstalled(command) {
  const releases = existsSync(POSTGRESQL) ? readdirSync(POSTGRESQL) : [];
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
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

const missing = () => Object.keys(servers).filter((command) => !isInstalled(command));

function install(packages) {
  const run = (...args) =>
    spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env }).status === 0;
  // Installed for the tests, which start their own: the system's service is not wanted.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const options = ["install", "-y", "-q", "--no-install-recommends", ...packages];
  return run(...options) || (run("update", "-q") && run(...options));
}

if (missing().length > 0) {
  const packages = missing().map((command) => servers[command]);
  const mayInstall = process.getuid?.() === 0 && isInstalled("apt-get");
  if (mayInstall) {
    console.error(`installing ${packages.join(", ")} …`);
    install(packages);
  }
  if (missing().length > 0) {
    console.error(
      `Tests need ${missing().join(", ")}. Install it first: apt-get install ${packages.join(" ")}`,
    );
    process.exit(1);
  }
}
