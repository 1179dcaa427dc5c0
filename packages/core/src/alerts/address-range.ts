import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** The network that an address is taken to belong to: an IPv4 /24 or an IPv6 /56. `undefined` for what is no address. */
export function rangeOf(address: string): string | undefined {
  if (isIP(address) === 0) return undefined;
  const parsed = ipaddr.process(address);
  const bits = parsed.kind() === "ipv4" ? 24 : 56;
  const bytes = parsed.toByteArray().map((byte, index) => (index < bits / 8 ? byte : 0));
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`;
}
