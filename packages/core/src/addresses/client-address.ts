import ipaddr from "ipaddr.js";
import { normalizeAddress } from "./normalize-address.ts";

/** Everyone behind an IPv6 /56 counts as one client: that is what one household or host gets. IPv4 has four bytes in all. */
const IPV6_PREFIX_BYTES = 7;

/**
 * The client that an address identifies, compared as bits: an IPv4 address, however it is written, or the /56 of an IPv6
 * address, as hexadecimal digits. `undefined` for anything else, such as the empty address of a Unix socket.
 */
export function clientOf(address: string): string | undefined {
  const normal = normalizeAddress(address);
  if (normal === undefined) return undefined;
  return Buffer.from(ipaddr.parse(normal).toByteArray().slice(0, IPV6_PREFIX_BYTES)).toString("hex");
}

/** True if an address is this machine's own: 127.0.0.0/8, ::1, or the former mapped into IPv6. */
export function isLoopback(address: string): boolean {
  const normal = normalizeAddress(address);
  return normal !== undefined && ipaddr.parse(normal).range() === "loopback";
}
