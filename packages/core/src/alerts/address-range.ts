import ipaddr from "ipaddr.js";
import { normalizeAddress } from "../addresses/normalize-address.ts";

/** The network that an address is taken to belong to: an IPv4 /24 or an IPv6 /56. `undefined` if it is not an address. */
export function rangeOf(address: string): string | undefined {
  const normal = normalizeAddress(address);
  if (normal === undefined) return undefined;
  const parsed = ipaddr.parse(normal);
  const bits = parsed.kind() === "ipv4" ? 24 : 56;
  const bytes = parsed.toByteArray().map((byte, index) => (index < bits / 8 ? byte : 0));
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`;
}
