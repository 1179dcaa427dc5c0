import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** An IPv6 address in its longest form with brackets, zone, port and quotes is shorter. */
const MAX_LENGTH = 100;

/** `[2001:db8::1]`, with a port or without. */
const BRACKETED = /^\[([^\]]+)\](?::\d{1,5})?$/;
const IPV4_WITH_PORT = /^([\d.]+):\d{1,5}$/;

/**
 * Reads an address that comes from outside: a socket, a proxy's header, a caller. Every address that is counted, stored
 * or emitted has passed through here.
 *
 * Returns the normal form: IPv4 in dots, IPv6 as RFC 5952 writes it without a zone, and IPv4 mapped into IPv6 as IPv4. It
 * accepts what proxies add: a port, brackets, a zone, quotes. `undefined` for anything else.
 */
export function normalizeAddress(text: unknown): string | undefined {
  if (typeof text !== "string" || text.length > MAX_LENGTH) return undefined;
  if (isIP(text) === 4) return text;
  const address = withoutAdditions(text);
  return isIP(address) === 0 ? undefined : ipaddr.process(address).toString();
}

function withoutAdditions(text: string): string {
  const unquoted = /^"(.*)"$/.exec(text.trim())?.[1] ?? text.trim();
  const [, address = unquoted] = BRACKETED.exec(unquoted) ?? IPV4_WITH_PORT.exec(unquoted) ?? [];
  return address.split("%", 1)[0] ?? "";
}
