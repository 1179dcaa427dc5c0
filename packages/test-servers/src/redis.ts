import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";

/** A redis-server that the test has started and can do to what it likes. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** Runs one command, in words, and gives the reply as it came over the wire. */
  command(...words: string[]): Promise<string>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with what it had stored. */
  restart(): Promise<void>;
  /** Hangs it, and lets it go on. */
  pause(): void;
  resume(): void;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** @param options words as in redis.conf: `{ appendonly: "yes" }` */
export async function startRedis(options: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
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
    throw new Error(`redis-server did not answer:\n${output}`);
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

/** One command over a connection of its own. Replies end when the server has nothing more to say. */
export async function send(port: number, command: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write(
      `*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`,
    );
    let reply = "";
    for await (const chunk of socket.setTimeout(2000, () => socket.destroy())) {
      reply += chunk;
      if (isWhole(reply)) break;
    }
    return reply;
  } finally {
    socket.destroy();
  }
}

/** Enough of the protocol to know where a reply ends. */
function isWhole(reply: string): boolean {
  return end(reply, 0) !== undefined;
}

function end(reply: string, from: number): number | undefined {
  const lineEnd = reply.indexOf("\r\n", from);
  if (lineEnd < 0) return undefined;
  const count = Number(reply.slice(from + 1, lineEnd));
  const next = lineEnd + 2;
  if (reply[from] === "$") {
    if (count < 0) return next;
    return reply.length >= next + count + 2 ? next + count + 2 : undefined;
  }
  if (reply[from] !== "*") return next;
  let at: number | undefined = next;
  for (let item = 0; item < count && at !== undefined; item += 1) at = end(reply, at);
  return at;
}
