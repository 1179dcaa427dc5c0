import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProgram } from "./find-program.mjs";
import { freePort } from "./free-port.ts";
import { claimRedis } from "./external-redis.ts";
import { send } from "./redis-protocol.ts";
import type { RedisServer } from "./redis-server.ts";

/**
 * Starts a Redis server. If none is installed, uses the one that `REDIS_URL` names, which a test can neither configure nor stop.
 *
 * @param options words as in redis.conf: `{ appendonly: "yes" }`
 */
export async function startRedis(options: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const external = process.env["REDIS_URL"];
  if (external !== undefined && external !== "" && findProgram("redis-server") === undefined)
    return claimRedis(external);
  const folder = mkdtempSync(join(tmpdir(), "keyward-redis-"));
  // A cluster's nodes talk to each other on a port 10000 above.
  const port = Number(options["port"] ?? (await freePort(55_000)));
  const settings = {
    port: String(port),
    bind: "127.0.0.1",
    dir: folder,
    save: "",
    "repl-diskless-sync-delay": "0",
    ...options,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, ...words(value)]);
  let server: ChildProcess;

  async function start(): Promise<void> {
    server = spawn("redis-server", args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    server.stdout?.on("data", (chunk) => (output += chunk));
    server.stderr?.on("data", (chunk) => (output += chunk));
    server.on("error", (error) => (output += String(error)));
    for (let tries = 0; tries < 200; tries += 1) {
      if (server.exitCode !== null) throw new Error(`redis-server did not start:\n${output}`);
      // A server that wants a password is up too.
      if (/PONG|NOAUTH/.test(await send(port, ["PING"]).catch(() => ""))) return;
      await sleep(25);
    }
    throw new Error(`redis-server did not respond:\n${output}`);
  }

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  }

  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return server.pid as number;
    },
    command: (...command) => send(port, command),
    kill,
    restart: start,
    pause: () => void server.kill("SIGSTOP"),
    resume: () => void server.kill("SIGCONT"),
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function words(value: string): string[] {
  return value === "" ? [""] : value.split(" ");
}
