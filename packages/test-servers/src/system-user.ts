import { readFileSync } from "node:fs";

/** The user to run a server as that refuses to run as root; `undefined` if this process is not root. */
export function userInsteadOfRoot(name: string): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const entry = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, "m").exec(readFileSync("/etc/passwd", "utf8"));
  if (entry === null) throw new Error(`There is no user "${name}", and PostgreSQL cannot be run as root.`);
  return { uid: Number(entry[1]), gid: Number(entry[2]) };
}
