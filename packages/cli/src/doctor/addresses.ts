import { BlockList, isIP } from "node:net";
import type { Store } from "@keyward/core";
import type { KeyRecord, OwnerRecord } from "@keyward/core/store";
import { ok, problem, warning, type Finding } from "./finding.ts";

/** Networks that no client on the Internet has an address in: loopback, private, link-local and shared ones. */
const INTERNAL = new BlockList();
for (const [network, bits] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  ["100.64.0.0", 10],
] as const)
  INTERNAL.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::1", 128],
  ["fc00::", 7],
  ["fe80::", 10],
] as const)
  INTERNAL.addSubnet(network, bits, "ipv6");

const PAGE = 1000;

/**
 * Checks that keys and owners with address lists can work: an application that does not trust its proxy sees the address of
 * the proxy with every request.
 *
 * @param areForgedChecked whether forged addresses were tried against the application
 */
export async function checkAddresses(store: Store, areForgedChecked: boolean): Promise<Finding[]> {
  const { lists, lastUsed } = await readAddresses(store);
  if (lists.length === 0) return [];
  const found = `${lists.length} keys or owners have address lists`;
  const isBehindProxy =
    lastUsed.length > 0 &&
    lastUsed.every(isInternal) &&
    !lists.flat().some((network) => isInternal(network.split("/")[0]));
  if (isBehindProxy) {
    return [
      problem(
        "addresses",
        `${found}, but all requests seem to come from internal addresses such as ${lastUsed[0]}: the application does not trust its proxy, so every address is the proxy's`,
        'make it trust its proxy (Express "trust proxy", Koa app.proxy, Fastify trustProxy)',
      ),
    ];
  }
  if (areForgedChecked) return [ok("addresses", found)];
  return [
    warning(
      "addresses",
      `${found}; whether clients can forge their addresses was not checked`,
      "run doctor with --url and --probe-address",
    ),
  ];
}

interface Addresses {
  /** The address list of each key or owner that has one. */
  readonly lists: readonly (readonly string[])[];
  /** The addresses that keys were last used from, the most recent first. */
  readonly lastUsed: readonly string[];
}

async function readAddresses(store: Store): Promise<Addresses> {
  const lists: (readonly string[])[] = [];
  const lastUsed: string[] = [];
  for (let after: KeyRecord | undefined; ;) {
    const page = await store.list({}, { order: "last-used", limit: PAGE, after });
    for (const { allowedAddresses, lastUsedAddress } of page) {
      if (allowedAddresses !== null) lists.push(allowedAddresses);
      if (lastUsedAddress !== null) lastUsed.push(lastUsedAddress);
    }
    after = page.at(-1);
    if (page.length < PAGE) break;
  }
  for (let after: OwnerRecord | undefined; ;) {
    const page = await store.listOwners({ limit: PAGE, after: after?.id });
    for (const { allowedAddresses } of page) if (allowedAddresses !== null) lists.push(allowedAddresses);
    after = page.at(-1);
    if (page.length < PAGE) break;
  }
  return { lists, lastUsed };
}

function isInternal(address = ""): boolean {
  const version = isIP(address);
  return version !== 0 && INTERNAL.check(address, version === 4 ? "ipv4" : "ipv6");
}
