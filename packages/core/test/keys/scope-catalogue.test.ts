import { createKeyward, type Keyward } from "@keyward/core";
import { describe, expect, it } from "vitest";

const kw: Keyward = createKeyward({
  scopes: { "reports:read": "Read reports", "reports:write": "Write reports", billing: "Billing" },
});

describe("a catalogue of scopes", () => {
  it.each([["reports:read"], ["reports:*"], ["billing"], ["keyward:admin"]])(
    "accepts %s in a key",
    async (scope) => {
      const { key } = await kw.keys.create({ name: "a", scopes: [scope] });
      expect(key.scopes).toEqual([scope]);
      expect(await kw.keys.update(key.id, { scopes: [scope] })).toMatchObject({ scopes: [scope] });
    },
  );

  it.each([
    [
      "reports:reed",
      /"reports:reed" is not one of the server's scopes: reports:read, reports:write, billing/,
    ],
    ["audit:*", /"audit:\*" is not one of the server's scopes/],
    ["*", /each must be 1 to 100 letters/],
    ["", /each must be 1 to 100 letters/],
    [7, /got 7/],
  ])("rejects %j on create and update", async (scope, message) => {
    const { key } = await kw.keys.create({ name: "a" });
    const scopes = [scope as string];
    for (const call of [
      () => kw.keys.create({ name: "b", scopes }),
      () => kw.keys.update(key.id, { scopes }),
    ]) {
      await expect(call()).rejects.toThrow(message);
      await expect(call()).rejects.toMatchObject({ code: "invalid-input", field: "scopes" });
    }
  });

  it("rejects what is not a list of at most 100 scopes", async () => {
    for (const scopes of ["billing", Array.from({ length: 101 }, () => "billing")]) {
      await expect(kw.keys.create({ name: "a", scopes: scopes as string[] })).rejects.toThrow(
        "scopes must be an array of at most 100 scopes.",
      );
    }
  });

  it.each([
    [{ "*": "All" }, /scopes/],
    [{ "keyward:admin": "Reserved" }, /scopes/],
    [{ "reports:read": 7 }, /scopes/],
    [[], /scopes/],
  ])("must not be %j", (scopes, message) => {
    expect(() => createKeyward({ scopes: scopes as never })).toThrow(message);
  });
});
