import { setTimeout as sleep } from "node:timers/promises";
import type { RedisServer } from "./redis-server.ts";
import { startRedis } from "./redis.ts";

/** Three primaries that share the slots between them. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  /** The node that owns a slot now. */
  ownerOf(slot: number): Promise<RedisServer>;
  /** Moves a slot with all that is in it, as a resharding tool does; `during` runs while it is half moved. */
  migrate(slot: number, to: RedisServer, during?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

const SLOTS = 16_384;

export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all(
    Array.from({ length: 3 }, () =>
      startRedis({
        "cluster-enabled": "yes",
        "cluster-node-timeout": "1000",
        // The others continue to serve their slots when one is down.
        "cluster-require-full-coverage": "no",
      }),
    ),
  );
  const share = Math.ceil(SLOTS / nodes.length);
  for (const [index, node] of nodes.entries()) {
    const last = Math.min(SLOTS, (index + 1) * share) - 1;
    await node.command("CLUSTER", "ADDSLOTSRANGE", String(index * share), String(last));
    await node.command("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
    if (index > 0) await node.command("CLUSTER", "MEET", "127.0.0.1", String(nodes[0]?.port));
  }
  await until(async () => {
    const infos = await Promise.all(nodes.map((node) => node.command("CLUSTER", "INFO")));
    return infos.every((info) => /cluster_state:ok/.test(info) && /cluster_known_nodes:3/.test(info));
  });

  const idOf = async (node: RedisServer) => (await node.command("CLUSTER", "MYID")).split("\r\n")[1] ?? "";

  async function ownerOf(slot: number): Promise<RedisServer> {
    for (const node of nodes) {
      const own = (await node.command("CLUSTER", "NODES"))
        .split("\n")
        .find((line) => line.includes("myself"));
      for (const [, from, to = from] of own?.matchAll(/ (\d+)(?:-(\d+))?(?=\s|$)/g) ?? []) {
        if (Number(from) <= slot && slot <= Number(to)) return node;
      }
    }
    throw new Error(`No node has the slot ${slot}.`);
  }

  return {
    nodes,
    ownerOf,
    async migrate(slot, to, during) {
      const from = await ownerOf(slot);
      const [fromId, toId] = [await idOf(from), await idOf(to)];
      await to.command("CLUSTER", "SETSLOT", String(slot), "IMPORTING", fromId);
      await from.command("CLUSTER", "SETSLOT", String(slot), "MIGRATING", toId);
      await during?.();
      const listed = await from.command("CLUSTER", "GETKEYSINSLOT", String(slot), "1000");
      const keys = listed.split("\r\n").filter((line) => line !== "" && !/^[*$]\d+$/.test(line));
      for (const key of keys) await from.command("MIGRATE", "127.0.0.1", String(to.port), key, "0", "2000");
      for (const node of [to, from, ...nodes]) {
        await node.command("CLUSTER", "SETSLOT", String(slot), "NODE", toId);
      }
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await holds()) return;
    await sleep(50);
  }
  throw new Error("The cluster did not come up.");
}
