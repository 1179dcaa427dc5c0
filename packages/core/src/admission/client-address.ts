import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Everyone behind an IPv6 /56 is taken for one client: that is what one household or host is given. Of the four bytes of IPv4 it takes all. */
const IPV6_PREFIX_BYTES = 7;

/**
 * The client that an address stands for, compared as bits: an IPv4 address, however it is written
 * (`1.2.3.4`, `::ffff:1.2.3.4`, `::ffff:102:304`), or the /56 of an IPv6 address. What is no address,
 * such as the empty one of a Unix socket, is one client of its own.
 */
export function clientOf(address: string): string {
  if (isIP(address) === 0) return "unknown";
  const bytes = ipaddr.process(address).toByteArray();
  return String.fromCharCode(...bytes.slice(0, IPV6_PREFIX_BYTES));
}

/** Whether an address is this machine's own: 127.0.0.0/8, ::1, or the former mapped into IPv6. */
export function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && ipaddr.process(address).range() === "loopback";
}
