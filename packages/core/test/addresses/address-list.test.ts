import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AddressList, checkAddressList } from "../../src/addresses/address-list.ts";

describe("checkAddressList", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7/32"],
    ["203.0.113.7/24", "203.0.113.0/24"],
    [" 203.0.113.0/24 ", "203.0.113.0/24"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["203.0.113.255/25", "203.0.113.128/25"],
    ["2001:DB8:0:0::1", "2001:db8::1/128"],
    ["2001:db8:abcd:ef12::/48", "2001:db8:abcd::/48"],
    ["2001:db8::ffff/57", "2001:db8::/57"],
    ["::/0", "::/0"],
    ["::ffff:203.0.113.7", "203.0.113.7/32"],
    ["::ffff:203.0.113.7/120", "203.0.113.0/24"],
    ["::ffff:0:0/96", "0.0.0.0/0"],
  ])("returns %s in normal form: %s", (network, normal) => {
    expect(checkAddressList([network], "allowedAddresses")).toEqual([normal]);
    expect(checkAddressList([normal], "allowedAddresses")).toEqual([normal]);
  });

  it("removes duplicates, and returns a frozen copy", () => {
    const list = ["203.0.113.7/24", "203.0.113.0/24", "::ffff:203.0.113.9/120"];
    const checked = checkAddressList(list, "allowedAddresses");
    expect(checked).toEqual(["203.0.113.0/24"]);
    expect(Object.isFrozen(checked)).toBe(true);
    expect(list).toHaveLength(3);
  });

  it.each([
    "",
    "acme.example",
    "203.0.113",
    "203.0.113.0/33",
    "203.0.113.0/-1",
    "203.0.113.0/",
    "203.0.113.0/ 24",
    "203.0.113.0/24/8",
    "203.0.113.0/0x18",
    "203.0.113.0-203.0.113.9",
    "0203.0.113.7",
    "2130706433",
    "203.0.113.7:80",
    "2001:db8::/129",
    "2001:db8::1::/64",
    "fe80::1%eth0",
    "[2001:db8::1]",
    "*",
  ])("rejects %j", (network) => {
    expect(() => checkAddressList(["203.0.113.7", network], "allowedAddresses")).toThrow(
      expect.objectContaining({
        code: "invalid-input",
        field: "allowedAddresses",
        message: `allowedAddresses: ${JSON.stringify(network)} is not a network; use CIDR notation such as "203.0.113.0/24", or an address.`,
      }),
    );
  });

  it.each([[[]], [Array(101).fill("203.0.113.7")], ["203.0.113.7"], [{}], [7]])(
    "rejects the list %j",
    (list) => {
      expect(() => checkAddressList(list, "allowedAddresses")).toThrow(
        expect.objectContaining({
          code: "invalid-input",
          field: "allowedAddresses",
          message: expect.stringMatching(/^allowedAddresses must be an array of 1 to 100 networks such as /),
        }),
      );
    },
  );
});

/** The bits of an address, as a reader would write them down. */
function bitsOf(address: string): string {
  if (!address.includes(":")) {
    return address
      .split(".")
      .map((byte) => Number(byte).toString(2).padStart(8, "0"))
      .join("");
  }
  const [left = "", right] = address.split("::");
  const groups = (text: string | undefined) => (text === undefined || text === "" ? [] : text.split(":"));
  const [head, tail] = [groups(left), groups(right)];
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length;
  return [...head, ...Array<string>(zeros).fill("0"), ...tail]
    .map((group) => parseInt(group, 16).toString(2).padStart(16, "0"))
    .join("");
}

describe("AddressList", () => {
  it("includes the addresses of its networks, and no others", () => {
    const list = new AddressList(checkAddressList(["203.0.113.0/25", "198.51.100.7", "2001:db8::/47"], "a"));
    for (const address of [
      "203.0.113.0",
      "203.0.113.127",
      "198.51.100.7",
      "2001:db8::1",
      "2001:db8:1:ffff::",
      "::ffff:203.0.113.5",
      "203.0.113.5:8080",
      "[2001:db8::1]:443",
    ]) {
      expect(list.includes(address), address).toBe(true);
    }
    for (const address of ["203.0.113.128", "198.51.100.6", "2001:db8:2::", "::ffff:203.0.113.200", "::1"]) {
      expect(list.includes(address), address).toBe(false);
    }
  });

  it.each(["", "unknown", "203.0.113.1, 203.0.113.2", "unix:/run/api.sock"])(
    "does not include the unknown address %j, even if it includes all addresses",
    (address) => {
      expect(new AddressList(["0.0.0.0/0", "::/0"]).includes(address)).toBe(false);
    },
  );

  it("keeps IPv4 and IPv6 apart", () => {
    expect(new AddressList(["0.0.0.0/0"]).includes("::1")).toBe(false);
    expect(new AddressList(["::/0"]).includes("203.0.113.1")).toBe(false);
    expect(new AddressList(["::/0"]).includes("::ffff:203.0.113.1")).toBe(false);
  });

  it("compares exactly as many bits as the prefix has", () => {
    const ipv4 = fc.tuple(fc.ipV4(), fc.ipV4(), fc.nat(32));
    const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
    const ipv6 = fc
      .tuple(groups, groups, fc.nat(128))
      .map(
        ([one, other, prefix]) =>
          [
            one.map((group) => group.toString(16)).join(":"),
            other.map((group) => group.toString(16)).join(":"),
            prefix,
          ] as const,
      )
      // Those are IPv4.
      .filter(([one, other]) => ![one, other].some((address) => address.startsWith("0:0:0:0:0:ffff:")));
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), fc.nat(128), ([network, other, prefix], shared) => {
        const list = new AddressList(checkAddressList([`${network}/${prefix}`], "a"));
        expect(list.includes(network)).toBe(true);
        const [bits, otherBits] = [bitsOf(network), bitsOf(other)];
        expect(list.includes(other)).toBe(bits.slice(0, prefix) === otherBits.slice(0, prefix));
        // An address that shares so many bits with the network, and differs in the next.
        if (shared >= bits.length) return;
        const flipped = bits.slice(0, shared) + (bits[shared] === "0" ? "1" : "0") + bits.slice(shared + 1);
        const isIpv4 = bits.length === 32;
        const address = (flipped.match(isIpv4 ? /.{8}/g : /.{16}/g) ?? [])
          .map((part) => parseInt(part, 2).toString(isIpv4 ? 10 : 16))
          .join(isIpv4 ? "." : ":");
        if (!isIpv4 && address.startsWith("0:0:0:0:0:ffff:")) return;
        expect(list.includes(address)).toBe(shared >= prefix);
      }),
      { numRuns: 2000 },
    );
  });
});
