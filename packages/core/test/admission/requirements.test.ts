import { checkRequirements, createKeyward, KeywardError } from "@keyward/core";
import { describe, expect, it } from "vitest";

describe("what a route is mounted with", () => {
  const kw = createKeyward();

  it("may be scopes, a cost, a function that gives one, or nothing", () => {
    for (const options of [
      {},
      { scopes: undefined, cost: undefined },
      { scopes: ["reports:write"], cost: 0 },
      { cost: () => 10 },
    ]) {
      expect(() => checkRequirements(kw, options)).not.toThrow();
    }
  });

  it.each([
    [undefined, {}, /the kw of keyward\(kw\) must be what createKeyward\(\) returns; got undefined/],
    [null, {}, /keyward\(kw\) must be .*; got null/],
    [{ admit: true }, {}, /keyward\(kw\) must be .*; got an object/],
    [kw, { cost: -1 }, /cost must be a whole number, 0 or more, or a function .*; got -1/],
    [kw, { cost: 1.5 }, /cost must be .*; got 1.5/],
    [kw, { cost: "3" }, /cost must be .*; got "3"/],
    [kw, { scopes: "reports:write" }, /scopes: got "reports:write", wants an array/],
    [kw, { scopes: ["a b"] }, /scopes: got "a b", wants scopes of/],
    [kw, { scope: ["a"] }, /has no option "scope"; its options are scopes, cost/],
  ])("is refused at start where it is %s %j", (mounted, options, message) => {
    const check = () => checkRequirements(mounted, options);
    expect(check).toThrow(message);
    expect(check).toThrow(KeywardError);
    expect(check).toThrow(expect.objectContaining({ code: "invalid-option" }));
  });

  it("hands on what is no mistake of the options", () => {
    const scopes = new Proxy([], {
      get() {
        throw new RangeError("not an option's");
      },
    });
    expect(() => checkRequirements(kw, { scopes })).toThrow(RangeError);
  });
});
