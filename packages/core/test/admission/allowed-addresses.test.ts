import { describe, expect, it } from "vitest";
import { codeOf, withClock } from "./set-up.ts";

describe("a key with allowed addresses", () => {
  it("is admitted from its networks only, and its list is not revealed", async () => {
    const { kw, key } = withClock();
    const { key: record, ask: request } = await key({
      allowedAddresses: ["203.0.113.7/24", "2001:DB8::/32"],
    });
    expect(record.allowedAddresses).toEqual(["203.0.113.0/24", "2001:db8::/32"]);
    for (const ip of ["203.0.113.1", "::ffff:203.0.113.200", "2001:db8:ffff::1", "203.0.113.1:5000"]) {
      expect(codeOf(await request({ ip })), ip).toBe("admitted");
    }
    const counted = await kw.quota(record);
    for (const ip of ["198.51.100.1", "::ffff:198.51.100.1", "2001:db9::1", "", "unknown"]) {
      const refused = await request({ ip });
      expect(refused, ip).toMatchObject({
        status: 403,
        problem: {
          type: "urn:keyward:problem:address-not-allowed",
          title: "Address not allowed",
          detail: "This key cannot be used from your network address.",
        },
      });
      expect(JSON.stringify(refused)).not.toMatch(/203\.0|2001/);
      expect(refused.headers).not.toHaveProperty("RateLimit");
    }
    expect(await kw.quota(record)).toEqual(counted);
  });

  it("must be allowed by its owner too", async () => {
    const { kw, key } = withClock();
    await kw.owners.update("acme", { allowedAddresses: ["203.0.113.0/24"] });
    const [listed, other] = [
      await key({ ownerId: "acme", allowedAddresses: ["203.0.113.1", "198.51.100.1"] }),
      await key({ ownerId: "acme" }),
    ];
    const codes = async (ip: string) => [codeOf(await listed.ask({ ip })), codeOf(await other.ask({ ip }))];
    expect(await codes("203.0.113.1")).toEqual(["admitted", "admitted"]);
    expect(await codes("203.0.113.2")).toEqual(["address-not-allowed", "admitted"]);
    expect(await codes("198.51.100.1")).toEqual(["address-not-allowed", "address-not-allowed"]);
    await kw.owners.update("acme", { allowedAddresses: null });
    expect(await codes("198.51.100.1")).toEqual(["admitted", "admitted"]);
    await kw.keys.update(listed.key.id, { allowedAddresses: null });
    expect(await codes("192.0.2.1")).toEqual(["admitted", "admitted"]);
  });

  it("is refused after its status, and before its scopes and limits", async () => {
    const { kw, key } = withClock({ plans: { default: { daily: 1 } } });
    const { key: record, ask: request } = await key({ allowedAddresses: ["203.0.113.1"] });
    await request();
    const elsewhere = { ip: "198.51.100.1", scopes: ["not:there"] };
    expect(codeOf(await request(elsewhere))).toBe("address-not-allowed");
    expect(codeOf(await request({ scopes: ["not:there"] }))).toBe("insufficient-scope");
    expect(codeOf(await request())).toBe("rate-limit-exceeded");
    await kw.keys.pause(record.id);
    expect(codeOf(await request(elsewhere))).toBe("paused-api-key");
  });

  it("keeps its addresses when it is rotated", async () => {
    const { kw, key } = withClock();
    const { key: record } = await key({ allowedAddresses: ["203.0.113.1"] });
    expect((await kw.keys.rotate(record.id)).key.allowedAddresses).toEqual(["203.0.113.1/32"]);
  });
});
