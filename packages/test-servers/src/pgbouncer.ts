import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { accepts } from "./accepts.ts";
import { freePort } from "./free-port.ts";
import { userInsteadOfRoot } from "./system-user.ts";

/** A PgBouncer in transaction mode, with its defaults otherwise. */
export interface PgbouncerServer {
  /** The URL of a database on the server behind it, through it. */
  through(url: string): string;
  stop(): Promise<void>;
}

/** @param serverPort of the PostgreSQL server on 127.0.0.1 */
export async function startPgbouncer(serverPort: number): Promise<PgbouncerServer> {
  const folder = mkdtempSync(join(tmpdir(), "keyward-pgbouncer-"));
  const port = await freePort();
  const file = join(folder, "pgbouncer.ini");
  writeFileSync(
    file,
    `[databases]
* = host=127.0.0.1 port=${serverPort} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
`,
  );
  const user = userInsteadOfRoot("postgres");
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const server = spawn("pgbouncer", ["-q", file], { ...user, stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  server.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  server.on("error", (error) => (output += String(error)));

  async function stop(): Promise<void> {
    if (server.exitCode === null && server.signalCode === null && server.pid !== undefined) {
      server.kill("SIGQUIT");
      await once(server, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  }

  for (let tries = 0; tries < 200; tries += 1) {
    if (await accepts(port)) return { through: (url) => url.replace(`:${serverPort}/`, `:${port}/`), stop };
    if (server.exitCode !== null) break;
    await sleep(25);
  }
  await stop();
  throw new Error(`pgbouncer did not start:\n${output}`);
}
