import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grantsScope } from "../../src/keys/scopes.ts";
import { codeOf, withClock } from "./set-up.ts";

async function keyWith(...scopes: readonly string[]) {
  const { key } = withClock();
  const { ask: request } = await key({ scopes });
  return {
    all: async (...needed: readonly string[]) => codeOf(await request({ scopes: needed })),
    any: async (...needed: readonly string[]) => codeOf(await request({ anyScope: needed })),
    request,
  };
}

describe("scopes", () => {
  it("must all be granted", async () => {
    const { all } = await keyWith("reports:read", "reports:write");
    expect(await all()).toBe("admitted");
    expect(await all("reports:read")).toBe("admitted");
    expect(await all("reports:write", "reports:read")).toBe("admitted");
    expect(await all("reports:read", "users:read")).toBe("insufficient-scope");
    expect(await all("reports")).toBe("insufficient-scope");
    expect(await all("reports:READ")).toBe("insufficient-scope");
  });

  it("are named in the refusal, with those that are missing", async () => {
    const { request } = await keyWith("a");
    expect(await request({ scopes: ["b"] })).toMatchObject({
      status: 403,
      problem: {
        code: "insufficient-scope",
        detail: "This request requires the scope b. The key does not have it.",
        "required-scopes": ["b"],
      },
    });
    expect(await request({ scopes: ["a", "b", "c"] })).toMatchObject({
      problem: {
        detail: "This request requires the scopes a, b, c. The key does not have b, c.",
        "required-scopes": ["a", "b", "c"],
      },
    });
    expect(await request({ anyScope: ["b", "c"] })).toMatchObject({
      problem: {
        code: "insufficient-scope",
        detail: "This request requires one of the scopes b, c. The key does not have any of them.",
        "required-scopes": ["b", "c"],
      },
    });
  });
});

describe("anyScope", () => {
  it("needs one of its scopes", async () => {
    const { any, request } = await keyWith("reports:read", "users:*");
    expect(await any()).toBe("admitted");
    expect(await any("reports:write", "reports:read")).toBe("admitted");
    expect(await any("users:delete")).toBe("admitted");
    expect(await any("reports:write", "admin")).toBe("insufficient-scope");
    // Together with scopes, both are needed.
    expect(codeOf(await request({ scopes: ["reports:read"], anyScope: ["users:a", "x"] }))).toBe("admitted");
    expect(codeOf(await request({ scopes: ["reports:read"], anyScope: ["x"] }))).toBe("insufficient-scope");
    expect(codeOf(await request({ scopes: ["x"], anyScope: ["users:a"] }))).toBe("insufficient-scope");
  });

  it("is checked at inner mounts", async () => {
    const { request } = await keyWith("a");
    const outer = await request();
    expect(await request({ previous: outer, anyScope: ["a", "b"] })).toBe(outer);
    expect(codeOf(await request({ previous: outer, anyScope: ["b"] }))).toBe("insufficient-scope");
  });
});

describe("a wildcard", () => {
  it("grants every scope below it, and no other", async () => {
    const { all } = await keyWith("reports:*");
    for (const scope of ["reports:read", "reports:write", "reports:2026:read"]) {
      expect(await all(scope)).toBe("admitted");
    }
    for (const scope of ["reports", "reports2:read", "report:read", "users:read", "Reports:read"]) {
      expect(await all(scope)).toBe("insufficient-scope");
    }
  });

  it("grants the same wildcard", () => {
    expect(grantsScope(["reports:*"], "reports:*")).toBe(true);
    expect(grantsScope(["reports:a:*"], "reports:*")).toBe(false);
    expect(grantsScope(["reports:*"], "reports:a:*")).toBe(true);
  });

  it("never grants reserved scopes", async () => {
    const { kw, key } = withClock();
    const { ask: request } = await key({ scopes: ["keyward:*"] });
    expect(codeOf(await request({ scopes: ["keyward:admin"] }))).toBe("insufficient-scope");
    expect(codeOf(await request({ anyScope: ["keyward:admin", "keyward:view"] }))).toBe("insufficient-scope");
    const exact = await kw.keys.create({ name: "a", scopes: ["keyward:admin"] });
    expect(exact.key.scopes).toEqual(["keyward:admin"]);
    expect(grantsScope(exact.key.scopes, "keyward:admin")).toBe(true);
  });

  it("grants what a reader would expect, for any scopes", () => {
    const part = fc.constantFrom("a", "b", "ab", "keyward");
    const scope = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(":"));
    const granted = fc.array(fc.tuple(scope, fc.boolean()), { maxLength: 3 });
    fc.assert(
      fc.property(granted, scope, (grants, needed) => {
        const expected = grants.some(([name, isWildcard]) => {
          if (!isWildcard) return name === needed;
          const [above, below] = [name.split(":"), needed.split(":")];
          const isBelow = below.length > above.length && above.every((each, index) => each === below[index]);
          return isBelow && below[0] !== "keyward";
        });
        const list = grants.map(([name, isWildcard]) => (isWildcard ? `${name}:*` : name));
        expect(grantsScope(list, needed)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });
});
