import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Debian keeps the programs of each PostgreSQL release in a folder that is not in the PATH. */
const POSTGRESQL = "/usr/lib/postgresql";

function postgresqlFolders() {
  if (!existsSync(POSTGRESQL)) return [];
  const releases = readdirSync(POSTGRESQL).toSorted((a, b) => Number(b) - Number(a));
  return releases.map((release) => join(POSTGRESQL, release, "bin"));
}

/** The path of an installed program. Of PostgreSQL's programs, those of the newest release. */
export function findProgram(name) {
  const folders = [...postgresqlFolders(), ...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"];
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
