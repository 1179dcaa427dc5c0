import { LRUCache } from "lru-cache";
import type { KeywardEventMap } from "../events.ts";
import type { ApiKey } from "../keys/record.ts";
import { HOUR_MS } from "../time.ts";
import { rangeOf } from "./address-range.ts";
import { toAlertKey } from "./alert.ts";
import type { Tell } from "./tell.ts";

const MAX_KEYS = 100_000;
const MAX_NETWORKS = 32;

/** Alerts about one key and hour. A customer with a large network must not fill the store with claims, and the webhook's queue. */
const MAX_ALERTS_PER_HOUR = 10;

/** The networks that this process has seen a key used from. */
interface KnownNetworks {
  readonly networks: Set<string>;
  /** The address it was last used from: most requests come from the same. */
  ip: string;
  /** The hour of the latest alert, and its alerts. */
  hour: number;
  alerts: number;
}

/**
 * Alerts when a key is used from a network for the first time. The first network of all causes no alert; it is claimed, so that no process
 * takes it for a new one later. At most ten alerts per key and hour. Returns a listener of admitted requests.
 */
export function watchNetworks(
  tell: Tell,
  claim: (id: string) => void,
  clock: () => number,
): (event: KeywardEventMap["admitted"]) => void {
  const keys = new LRUCache<string, KnownNetworks>({ max: MAX_KEYS });

  function knownOf(key: ApiKey): KnownNetworks {
    const known = keys.get(key.id);
    if (known !== undefined) return known;
    const last = key.lastUsedAddress === undefined ? undefined : rangeOf(key.lastUsedAddress);
    const added = { networks: new Set<string>(), ip: "", hour: 0, alerts: 0 };
    if (last !== undefined) {
      added.networks.add(last);
      claim(idOf(key, last));
    }
    keys.set(key.id, added);
    return added;
  }

  return ({ key, ip }) => {
    if (key === undefined) return;
    const known = knownOf(key);
    if (known.ip === ip) return;
    known.ip = ip;
    const { networks } = known;
    const network = rangeOf(ip);
    if (network === undefined || networks.has(network)) return;
    const isFirst = networks.size === 0;
    // Not remembered, so that its next use in another hour is an alert.
    if (!isFirst && !mayTell(known, clock())) return;
    if (networks.size >= MAX_NETWORKS) networks.delete(networks.values().next().value as string);
    networks.add(network);
    const id = idOf(key, network);
    if (isFirst) claim(id);
    else tell({ type: "new-network", id, at: new Date(clock()), key: toAlertKey(key), ip, network });
  };
}

function mayTell(known: KnownNetworks, now: number): boolean {
  const hour = Math.floor(now / HOUR_MS);
  if (hour !== known.hour) Object.assign(known, { hour, alerts: 0 });
  known.alerts += 1;
  return known.alerts <= MAX_ALERTS_PER_HOUR;
}

function idOf({ id }: ApiKey, network: string): string {
  return `new-network:${id}:${network}`;
}
