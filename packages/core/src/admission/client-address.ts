import ipaddr from "ipaddr.js";
import { normalizeAddress } from "../http/address.ts";

/** Everyone behind an IPv6 /56 counts as one client: that is what one household or host gets. IPv4 has four bytes in all. */
const IPV6_PREFIX_BYTES = 7;

/**
 * The client that an address stands for, compared as bits: an IPv4 address, however it is written
 * (`1.2.3.4`, `::ffff:1.2.3.4`, `1.2.3.4:5678`), or the /56 of an IPv6 address. `unknown` for anything else, such as the
 * empty address of a Unix socket.
 */
export function clientOf(address: string): string {
  const normal = normalizeAddress(address);
  if (normal === undefined) return "unknown";
  return String.fromCharCode(...ipaddr.parse(normal).toByteArray().slice(0, IPV6_PREFIX_BYTES));
}

/** Whether an address is this machine's own: 127.0.0.0/8, ::1, or the former mapped into IPv6. */
export function isLoopback(address: string): boolean {
  const normal = normalizeAddress(address);
  return normal !== undefined && ipaddr.parse(normal).range() === "loopback";
}
