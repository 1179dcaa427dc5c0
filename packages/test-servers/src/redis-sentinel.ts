import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { send } from "./redis-protocol.ts";
import type { RedisServer } from "./redis-server.ts";
import { startRedis } from "./redis.ts";

/** A primary, its replica, and a sentinel that knows which is which. */
export interface RedisSentinel {
  readonly port: number;
  /** The sentinel's name for the pair. */
  readonly name: string;
  readonly first: RedisServer;
  readonly second: RedisServer;
  /** Has the sentinel promote the replica; resolves when it has. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedisSentinel(): Promise<RedisSentinel> {
  const name = "limits";
  const [first, second] = [await startRedis(), await startRedis()];
  await second.command("REPLICAOF", "127.0.0.1", String(first.port));
  const folder = mkdtempSync(join(tmpdir(), "keyward-sentinel-"));
  const port = await freePort(55_000);
  const config = join(folder, "sentinel.conf");
  writeFileSync(
    config,
    [
      `port ${port}`,
      "bind 127.0.0.1",
      `dir ${folder}`,
      `sentinel monitor ${name} 127.0.0.1 ${first.port} 1`,
      `sentinel down-after-milliseconds ${name} 1000`,
      "",
    ].join("\n"),
  );
  const sentinel = spawn("redis-server", [config, "--sentinel"], { stdio: "ignore" });
  const ask = (...words: string[]) => send(port, ["SENTINEL", ...words]).catch(() => "");
  // It finds the replica by asking the primary, every ten seconds and once at start.
  await until(async () => (await ask("REPLICAS", name)).includes(String(second.port)), 15_000);
  return {
    port,
    name,
    first,
    second,
    async failOver() {
      await until(async () => (await ask("FAILOVER", name)).startsWith("+OK"), 15_000);
      await until(
        async () => (await ask("GET-MASTER-ADDR-BY-NAME", name)).includes(String(second.port)),
        15_000,
      );
    },
    async stop() {
      sentinel.kill("SIGKILL");
      await once(sentinel, "exit");
      rmSync(folder, { recursive: true, force: true });
      await Promise.all([first.stop(), second.stop()]);
    },
  };
}

async function until(holds: () => Promise<boolean>, ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(50)) {
    if (await holds()) return;
  }
  throw new Error("The sentinel did not do as it was asked.");
}
