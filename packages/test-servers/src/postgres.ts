import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { findProgram } from "./find-program.mjs";
import { freePort } from "./free-port.ts";
import { claimPostgres } from "./external-postgres.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { userInsteadOfRoot } from "./system-user.ts";

const execute = promisify(execFile);

/** psql without its own settings, aligning and headings, which stops at the first error. */
const QUIETLY = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"];

/**
 * Starts a PostgreSQL server. Where none is installed, `POSTGRES_URL` can name one, for tests that neither configure nor stop
 * it; of the options it has to allow `max_connections` by itself.
 *
 * @param options words as in postgresql.conf: `{ max_connections: "20" }`
 */
export async function startPostgres(options: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const external = process.env["POSTGRES_URL"];
  if (external !== undefined && external !== "" && findProgram("postgres") === undefined)
    return claimPostgres(external);
  const folder = mkdtempSync(join(tmpdir(), "keyward-postgres-"));
  const port = await freePort();
  // PostgreSQL refuses to run as root; its package comes with a user for it.
  const user = userInsteadOfRoot("postgres");
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  // Set to a language whose order of letters is not that of bytes, as most databases are.
  const language = ["--locale-provider", "icu", "--icu-locale", "en"];
  await execute(
    program("initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", ...language, "--no-sync"],
    { ...user, cwd: "/" },
  );

  const settings = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    fsync: "off",
    ...options,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const urlOf = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  let server: ChildProcess;
  let databases = 0;

  async function start(): Promise<void> {
    server = spawn(program("postgres"), ["-D", data, ...args], {
      ...user,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let output = "";
    server.stderr?.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-10_000)));
    server.on("error", (error) => (output += String(error)));
    for (let tries = 0; tries < 400; tries += 1) {
      if (server.exitCode !== null) break;
      if (spawnSync(program("pg_isready"), ["-q", "-h", "127.0.0.1", "-p", String(port)]).status === 0)
        return;
      await sleep(25);
    }
    throw new Error(`postgres did not start:\n${output}`);
  }

  /** Signals what the server has started; returns the ids of these processes. */
  function signalChildren(name: NodeJS.Signals): readonly number[] {
    const children = childrenOf(server.pid as number);
    for (const pid of children) if (!isDead(pid)) process.kill(pid, name);
    return children;
  }

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    // So that it starts no more of them.
    server.kill("SIGSTOP");
    const children = signalChildren("SIGKILL");
    server.kill("SIGKILL");
    await once(server, "exit");
    while (!children.every(isDead)) await sleep(10);
  }

  async function query(url: string, sql: string): Promise<string> {
    const { stdout } = await execute(program("psql"), [...QUIETLY, "-c", sql, url]);
    return stdout.trim();
  }

  await start();
  return {
    port,
    async createDatabase() {
      databases += 1;
      await query(urlOf("postgres"), `create database test_${databases}`);
      return urlOf(`test_${databases}`);
    },
    query,
    async copy(from, to) {
      const dump = join(folder, "dump.sql");
      await execute(program("pg_dump"), ["--no-owner", "-f", dump, from]);
      await execute(program("psql"), [...QUIETLY, "-f", dump, to]);
    },
    kill,
    restart: start,
    pause() {
      server.kill("SIGSTOP");
      signalChildren("SIGSTOP");
    },
    resume() {
      signalChildren("SIGCONT");
      server.kill("SIGCONT");
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A program of PostgreSQL's. */
const program = (name: string) => findProgram(name) ?? name;

function childrenOf(parent: number): number[] {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8");
  return children
    .split(" ")
    .map(Number)
    .filter((pid) => pid > 0);
}

/** Gone, or dead and only waiting for its parent to take notice. */
function isDead(pid: number): boolean {
  try {
    return /\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}
