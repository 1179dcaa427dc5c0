import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { KeywardError } from "../errors.ts";
import { normalizeAddress } from "./normalize-address.ts";

/** The most networks that a list may have. */
export const MAX_NETWORKS = 100;

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/**
 * Checks a list of networks in CIDR notation, or of single addresses, and returns it in normal form: host bits are cleared, and
 * IPv4-mapped IPv6 networks are IPv4.
 *
 * @throws KeywardError `invalid-input`
 */
export function checkAddressList(value: unknown, field: string): readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_NETWORKS) {
    throw new KeywardError(
      "invalid-input",
      `${field} must be an array of 1 to ${MAX_NETWORKS} networks such as "203.0.113.0/24" or "2001:db8::/48"; use null to allow all addresses.`,
      { field },
    );
  }
  return Object.freeze([...new Set(value.map((network) => format(parseNetwork(network, field))))]);
}

function parseNetwork(value: unknown, field: string): Network {
  const text = typeof value === "string" ? value.trim() : "";
  try {
    const [address = "", bits, ...more] = text.split("/");
    // Zones name an interface of one machine.
    const isAddress = isIP(address) !== 0 && !address.includes("%");
    if (isAddress && more.length === 0 && (bits === undefined || /^\d{1,3}$/.test(bits)))
      return toNetwork(address, bits);
  } catch {
    // Reported below, together with what is not an address at all.
  }
  throw new KeywardError(
    "invalid-input",
    `${field}: ${JSON.stringify(text.slice(0, 60))} is not a network; use CIDR notation such as "203.0.113.0/24", or an address.`,
    { field },
  );
}

function toNetwork(address: string, bits: string | undefined): Network {
  const parsed = ipaddr.parse(address);
  const width = parsed.kind() === "ipv4" ? 32 : 128;
  const prefix = bits === undefined ? width : Number(bits);
  if (prefix > width) throw new RangeError("The prefix is longer than the address.");
  const isMapped = parsed.kind() === "ipv6" && (parsed as ipaddr.IPv6).isIPv4MappedAddress() && prefix >= 96;
  return isMapped ? [(parsed as ipaddr.IPv6).toIPv4Address(), prefix - 96] : [parsed, prefix];
}

function format([address, prefix]: Network): string {
  const bytes = address.toByteArray().map((byte, index) => {
    const kept = Math.max(0, Math.min(8, prefix - index * 8));
    return byte & (0xff << (8 - kept));
  });
  return `${ipaddr.fromByteArray(bytes).toString()}/${prefix}`;
}

/** Decides whether addresses are in a list, whose networks are parsed once. */
export class AddressList {
  readonly #networks: readonly Network[];

  /** @param networks in the form that {@link checkAddressList} returns */
  constructor(networks: readonly string[]) {
    this.#networks = networks.map((network) => ipaddr.parseCIDR(network));
  }

  /** Compares bits, whatever way the address is written. An address that cannot be parsed is in no list. */
  includes(address: string): boolean {
    const normal = normalizeAddress(address);
    if (normal === undefined) return false;
    const parsed = ipaddr.parse(normal);
    return this.#networks.some(
      ([network, prefix]) => network.kind() === parsed.kind() && matches(parsed, network, prefix),
    );
  }
}

function matches(address: Address, network: Address, prefix: number): boolean {
  return address.kind() === "ipv4"
    ? (address as ipaddr.IPv4).match(network as ipaddr.IPv4, prefix)
    : (address as ipaddr.IPv6).match(network as ipaddr.IPv6, prefix);
}
