import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientOf, isLoopback } from "../../src/addresses/client-address.ts";

const ipv4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
const ipv6 = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
const hex = (groups: readonly number[]) => groups.map((group) => group.toString(16)).join(":");
const dotted = (bytes: readonly number[]) => bytes.join(".");

describe("clientOf", () => {
  it("returns the same client for every notation of an IPv4 address", () => {
    fc.assert(
      fc.property(ipv4, (bytes) => {
        const [a, b, c, d] = bytes;
        const mapped = hex([0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d]);
        const writings = [dotted(bytes), `::ffff:${dotted(bytes)}`, `::FFFF:${dotted(bytes)}`, mapped];
        expect(new Set(writings.map(clientOf)).size).toBe(1);
      }),
    );
  });

  it("never returns the same client for two IPv4 addresses", () => {
    fc.assert(
      fc.property(ipv4, ipv4, (one, other) => {
        expect(clientOf(dotted(one)) === clientOf(`::ffff:${dotted(other)}`)).toBe(
          dotted(one) === dotted(other),
        );
      }),
    );
    const clients = new Set<string>();
    for (let number = 0; number < 65_536; number += 1)
      clients.add(clientOf(`203.0.${number >> 8}.${number & 255}`) ?? "");
    expect(clients.size).toBe(65_536);
  });

  it("returns the same client for all addresses of an IPv6 /56, and for no others", () => {
    fc.assert(
      fc.property(ipv6, fc.nat(127), (groups, bit) => {
        const flipped = groups.map((group, index) =>
          index === bit >> 4 ? group ^ (0x8000 >> (bit & 15)) : group,
        );
        const mapped = [groups, flipped].some((each) => each.slice(0, 5).every((group) => group === 0));
        fc.pre(!mapped);
        expect(clientOf(hex(groups)) === clientOf(hex(flipped)), `bit ${bit}`).toBe(bit >= 56);
      }),
      { numRuns: 2000 },
    );
  });

  it("returns undefined for anything else, such as the empty address of a Unix socket", () => {
    for (const text of ["", "unknown", "1.2.3", "not an address", "1.2.3.4.5:80"])
      expect(clientOf(text), text).toBeUndefined();
  });

  it("ignores ports, brackets, quotes and zones that proxies add", () => {
    expect(clientOf("192.0.2.1:80")).toBe(clientOf("192.0.2.1"));
    expect(clientOf("[2001:db8::1]:80")).toBe(clientOf("2001:db8::1"));
    expect(clientOf('"[2001:db8::1]"')).toBe(clientOf("2001:db8::1"));
    expect(clientOf("fe80::1%eth0")).toBe(clientOf("fe80::1"));
  });
});

describe("isLoopback", () => {
  it("accepts 127.0.0.0/8 and ::1, and no other address", () => {
    for (const own of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
      expect(isLoopback(own), own).toBe(true);
    for (const other of ["", "128.0.0.1", "10.0.0.1", "::2", "localhost", "0.0.0.0"])
      expect(isLoopback(other), other).toBe(false);
  });
});
