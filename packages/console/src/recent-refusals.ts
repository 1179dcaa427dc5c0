import type { ApiKey, Keyward, KeywardEventMap } from "@keyward/core";
import { rangeOf } from "@keyward/core/adapter";
import { LRUCache } from "lru-cache";
import { DAY_MS } from "./time.ts";

const MAX_KEYS = 1000;
const MAX_NETWORKS = 1000;
const FAILED = new Set(["missing-api-key", "invalid-api-key", "too-many-failed-attempts"]);

interface Tries {
  count: number;
  lastAt: number;
}

/** Requests with a revoked key. */
export interface RevokedKeyTries extends Readonly<Tries> {
  readonly key: ApiKey;
  readonly ip: string;
}

/** Requests of a network that had no valid key. */
export interface NetworkTries extends Readonly<Tries> {
  readonly network: string;
}

/**
 * The refused requests of this process that no store keeps: those with revoked keys, and those without a valid key by network. An entry
 * is removed a day after its last request. Memory is bounded: the entry that was unused for longest is removed first.
 */
export class RecentRefusals {
  readonly startedAt = Date.now();
  readonly #revoked = new LRUCache<string, Tries & { key: ApiKey; ip: string }>({
    max: MAX_KEYS,
    ttl: DAY_MS,
  });
  readonly #networks = new LRUCache<string, Tries>({ max: MAX_NETWORKS, ttl: DAY_MS });

  constructor({ events }: Pick<Keyward, "events">) {
    events.on("refused", (refusal) => this.#record(refusal));
  }

  #record({ code, key, ip }: KeywardEventMap["refused"]): void {
    const lastAt = Date.now();
    if (code === "revoked-api-key" && key !== undefined) {
      const count = (this.#revoked.get(key.id)?.count ?? 0) + 1;
      this.#revoked.set(key.id, { key, ip, count, lastAt });
      return;
    }
    const network = FAILED.has(code) ? rangeOf(ip) : undefined;
    if (network === undefined) return;
    this.#networks.set(network, { count: (this.#networks.get(network)?.count ?? 0) + 1, lastAt });
  }

  /** The revoked keys that were tried most, of one owner or of all. */
  revokedKeys(ownerId: string | undefined, limit: number): readonly RevokedKeyTries[] {
    return [...this.#revoked.values()]
      .filter(({ key }) => ownerId === undefined || key.ownerId === ownerId)
      .toSorted((a, b) => b.count - a.count)
      .slice(0, limit);
  }

  /** The networks with the most requests that had no valid key. */
  networks(limit: number): readonly NetworkTries[] {
    return [...this.#networks.entries()]
      .map(([network, tries]) => ({ network, ...tries }))
      .toSorted((a, b) => b.count - a.count)
      .slice(0, limit);
  }
}
