import { Cluster as Cluster6, Redis as Redis6 } from "ioredis";
import { Cluster as Cluster5, Redis as Redis5 } from "ioredis5";
import { createClient as createClient6, createCluster as createCluster6 } from "redis";
import { createClient as createClient5, createCluster as createCluster5 } from "redis5";
import type { RedisClient } from "../../src/redis/index.ts";

/** A client as a user makes it, and how they would end it. */
export interface UserClient {
  readonly client: RedisClient;
  /** The user's own client still works. */
  ping(): Promise<unknown>;
  close(): void;
}

/** Every client that is supported, to one server. */
export const singleClients: Readonly<Record<string, (url: string) => Promise<UserClient>>> = {
  "ioredis 6": async (url) => {
    const client = new Redis6(url);
    client.on("error", () => {});
    return { client, ping: () => client.ping(), close: () => client.disconnect() };
  },
  "ioredis 5": async (url) => {
    const client = new Redis5(url);
    client.on("error", () => {});
    return { client, ping: () => client.ping(), close: () => client.disconnect() };
  },
  "node-redis 6": async (url) => {
    const client = createClient6({ url });
    client.on("error", () => {});
    await client.connect().catch(() => {});
    return { client, ping: () => client.ping(), close: () => client.destroy() };
  },
  "node-redis 5": async (url) => {
    const client = createClient5({ url });
    client.on("error", () => {});
    await client.connect().catch(() => {});
    return { client, ping: () => client.ping(), close: () => client.destroy() };
  },
};

/** And to a cluster. */
export const clusterClients: Readonly<Record<string, (ports: readonly number[]) => Promise<UserClient>>> = {
  "ioredis 6": async (ports) => {
    const client = new Cluster6(ports.map((port) => ({ host: "127.0.0.1", port })));
    client.on("error", () => {});
    return { client, ping: () => client.ping(), close: () => client.disconnect() };
  },
  "ioredis 5": async (ports) => {
    const client = new Cluster5(ports.map((port) => ({ host: "127.0.0.1", port })));
    client.on("error", () => {});
    return { client, ping: () => client.ping(), close: () => client.disconnect() };
  },
  "node-redis 6": async (ports) => {
    const client = createCluster6({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) });
    client.on("error", () => {});
    await client.connect();
    return { client, ping: () => client.get("any"), close: () => client.destroy() };
  },
  "node-redis 5": async (ports) => {
    const client = createCluster5({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) });
    client.on("error", () => {});
    await client.connect();
    return { client, ping: () => client.get("any"), close: () => client.destroy() };
  },
};
