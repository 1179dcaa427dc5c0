import { describe, expect, it } from "vitest";
import { admitted, codeOf, NOON, violatedOf, withClock } from "./set-up.ts";

const plans = {
  default: { daily: 100, budgets: { search: { rate: 2, per: "minute" as const }, tokens: { daily: 1000 } } },
  plain: { daily: 50 },
  exporting: { daily: 50, budgets: { export: { hourly: 1 } } },
};

describe("a budget", () => {
  it("is charged only by requests that name it, besides their key line", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record, ask: request } = await key();
    await request();
    await request({ cost: 3, budgets: { tokens: 700 } });
    expect((await kw.quota(record)).remaining).toEqual({
      daily: 96,
      "search-sustained": 2,
      "search-burst": 2,
      "tokens-daily": 300,
    });
    const decision = await request({ cost: 0, budgets: { search: 1, tokens: 1 } });
    expect(decision.headers["RateLimit-Policy"]).toBe(
      '"daily";q=100;w=86400, "search-sustained";q=2;w=60, "search-burst";q=2;w=60, "tokens-daily";q=1000;w=86400',
    );
    expect(decision.headers["RateLimit"]).toBe(
      '"daily";r=96;t=43200, "search-sustained";r=1;t=30, "search-burst";r=1;t=60, "tokens-daily";r=299;t=43200',
    );
  });

  it("is shared by all keys of an owner, and belongs to one key without an owner", async () => {
    const { key } = withClock({ plans });
    const [one, two, alone] = [await key({ ownerId: "acme" }), await key({ ownerId: "acme" }), await key()];
    await one.ask({ budgets: { search: 2 } });
    expect(violatedOf(await two.ask({ budgets: { search: 1 } }))).toEqual([
      "search-sustained",
      "search-burst",
    ]);
    expect(codeOf(await two.ask())).toBe("admitted");
    expect(codeOf(await alone.ask({ budgets: { search: 2 } }))).toBe("admitted");
  });

  it("limits nothing where the effective plan does not define it", async () => {
    const { kw, key } = withClock({ plans });
    await kw.owners.update("acme", { plan: "exporting" });
    const { key: record, ask: request } = await key({ ownerId: "acme", plan: "plain" });
    for (let times = 0; times < 5; times += 1) {
      expect(codeOf(await request({ budgets: { search: 1000 } }))).toBe("admitted");
    }
    // The budgets are those of the owner's plan, not of the key's.
    expect(codeOf(await request({ budgets: { export: 1 } }))).toBe("admitted");
    expect(violatedOf(await request({ budgets: { export: 1 } }))).toEqual(["export-hourly"]);
    expect((await kw.quota(record)).remaining).toEqual({ daily: 44, "export-hourly": 0 });
  });

  it("is not consumed by a cost of 0, also where it is used up", async () => {
    const { key } = withClock({ plans });
    const { ask: request } = await key();
    await request({ budgets: { tokens: 1000 } });
    expect(codeOf(await request({ budgets: { tokens: 0 } }))).toBe("admitted");
    expect(codeOf(await request({ budgets: { tokens: 1 } }))).toBe("rate-limit-exceeded");
  });

  it.each([
    [
      { nope: 1 },
      "budgets.nope",
      "budgets.nope: no plan defines this budget; plans define search, tokens, export.",
    ],
    [{ search: 1, owner: 1 }, "budgets.owner", "budgets.owner: no plan defines this budget; "],
    [{ tokens: -1 }, "budgets.tokens", "budgets.tokens must be a whole number, 0 or more; got -1."],
    [{ tokens: 0.5 }, "budgets.tokens", "budgets.tokens must be a whole number, 0 or more; got 0.5."],
    [{ tokens: Number.NaN }, "budgets.tokens", "budgets.tokens must be a whole number, 0 or more; got NaN."],
    [{ tokens: "3" as never }, "budgets.tokens", "budgets.tokens must be a whole number, 0 or more; got 3."],
    [
      JSON.parse('{ "__proto__": 1 }') as Record<string, number>,
      "budgets.__proto__",
      "budgets.__proto__: no plan defines this budget; ",
    ],
  ])(
    "is a mistake of the caller if it is unknown or its cost is invalid: %j",
    async (budgets, field, message) => {
      const { kw, key } = withClock({ plans });
      const { key: record, ask: request } = await key();
      const outer = await request({ cost: 2 });
      const rejection = { code: "invalid-input", field, message: expect.stringContaining(message) };
      await expect(async () => request({ budgets })).rejects.toMatchObject(rejection);
      // Also where an outer mount admitted the request.
      await expect(async () => request({ cost: 2, budgets, previous: outer })).rejects.toMatchObject(
        rejection,
      );
      expect((await kw.quota(record)).remaining).toMatchObject({ daily: 98, "tokens-daily": 1000 });
    },
  );

  it("is a mistake where no plan defines budgets", async () => {
    const { key } = withClock();
    const { ask: request } = await key();
    await expect(async () => request({ budgets: { search: 0 } })).rejects.toMatchObject({
      code: "invalid-input",
      message: "budgets.search: no plan defines this budget; no plan defines a budget.",
    });
  });

  it("is charged by an inner mount for what outer mounts have not charged", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record, ask: request } = await key();
    const outer = await request({ cost: 1, budgets: { tokens: 100 } });
    const inner = await request({ cost: 1, budgets: { tokens: 250, search: 1 }, previous: outer });
    expect((await kw.quota(record)).remaining).toMatchObject({
      daily: 99,
      "tokens-daily": 750,
      "search-burst": 1,
    });
    expect(await request({ cost: 1, budgets: { tokens: 200, search: 1 }, previous: inner })).toBe(inner);
    const rows = await kw.usage.query({
      keyId: record.id,
      from: new Date(NOON),
      to: new Date(NOON + 1),
      per: "day",
    });
    expect(rows).toMatchObject([{ admitted: 1, cost: 1 }]);
  });

  it("gets back what all mounts charged if an inner mount refuses", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record, ask: request } = await key();
    const before = await kw.quota(record);
    for (const refuse of [{ scopes: ["not:there"] }, { cost: 101 }, { budgets: { search: 3 } }]) {
      const outer = await request({ cost: 3, budgets: { tokens: 100, search: 1 } });
      const inner = await request({ cost: 5, budgets: { tokens: 300 }, previous: outer });
      expect((await request({ cost: 5, previous: inner, ...refuse })).admitted).toBe(false);
      expect(await kw.quota(record)).toEqual(before);
    }
  });

  it("is charged together with the key line for a request whose cost is 0", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record, ask: request } = await key();
    admitted(await request({ cost: 0, budgets: { tokens: 5 } }));
    expect((await kw.quota(record)).remaining).toMatchObject({ daily: 100, "tokens-daily": 995 });
  });
});
