import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalizeAddress } from "../../src/addresses/normalize-address.ts";

const FORMS: readonly (readonly [string, string])[] = [
  ["203.0.113.7", "203.0.113.7"],
  ["203.0.113.7:49152", "203.0.113.7"],
  [' "203.0.113.7:80" ', "203.0.113.7"],
  ["[203.0.113.7]:80", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["::FFFF:cb00:7107", "203.0.113.7"],
  ["[::ffff:203.0.113.7]:80", "203.0.113.7"],
  ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
  ["[2001:db8::1]", "2001:db8::1"],
  ["[2001:db8::1]:4711", "2001:db8::1"],
  ['"[2001:db8::1]:4711"', "2001:db8::1"],
  ["fe80::1%eth0", "fe80::1"],
  ["[fe80::1%25eth0]:80", "fe80::1"],
  ["::", "::"],
  ["::1", "::1"],
];

describe("normalizeAddress", () => {
  it.each(FORMS)("reads %s as %s", (text, normal) => {
    expect(normalizeAddress(text)).toBe(normal);
    expect(normalizeAddress(normal), "the normal form stays as it is").toBe(normal);
  });

  it.each([
    "",
    "unknown",
    "_hidden",
    "localhost",
    "1.2.3",
    "1.2.3.4.5",
    "010.1.1.1",
    "0x7f.0.0.1",
    "2130706433",
    "1.2.3.4:",
    "1.2.3.4:123456",
    "1.2.3.4, 5.6.7.8",
    "[1.2.3.4",
    "[]",
    '"',
    "2001:db8::1::2",
    "1.2.3.4\u0000",
    `${"0".repeat(9000)}::1`,
    `fe80::1%${"x".repeat(9000)}`,
  ])("returns undefined for %j", (text) => {
    expect(normalizeAddress(text)).toBeUndefined();
  });

  it("returns undefined for anything but text", () => {
    for (const value of [undefined, null, 7, ["1.2.3.4"], {}])
      expect(normalizeAddress(value)).toBeUndefined();
  });

  it("returns an address in its normal form, or undefined, for any text", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 120 }),
      fc.ipV4Extended(),
      fc.ipV6().map((ip) => `[${ip}%25x]:80`),
      fc.stringMatching(/^["[]?[\da-f:.%]{0,50}["\]]?(:\d{1,6})?$/),
    );
    fc.assert(
      fc.property(text, (each) => {
        const normal = normalizeAddress(each);
        expect(normal === undefined || (isIP(normal) !== 0 && normalizeAddress(normal) === normal)).toBe(
          true,
        );
      }),
      { numRuns: 2000 },
    );
  });
});
