import { describe, expect, it } from "vitest";
import { codeOf, HOUR_MS, NOON, violatedOf, withClock } from "./set-up.ts";

const plans = {
  default: { daily: 10, owner: { daily: 15 }, budgets: { search: { hourly: 4 } } },
  large: { daily: 100, owner: { daily: 1000 } },
};

describe("a request of an owner with limits", () => {
  it("is charged to its key line and its owner", async () => {
    const { kw, key } = withClock({ plans });
    const [one, other] = [await key({ ownerId: "acme" }), await key({ ownerId: "acme", plan: "large" })];
    await one.ask({ cost: 4 });
    await other.ask({ cost: 5 });
    expect((await kw.quota(one.key)).remaining).toMatchObject({ daily: 6, "owner-daily": 6 });
    expect((await kw.quota(other.key)).remaining).toMatchObject({ daily: 95, "owner-daily": 6 });
  });

  it("costs its key line and its budgets nothing if the owner's limit refuses it", async () => {
    const { kw, key } = withClock({ plans });
    const [one, other] = [await key({ ownerId: "acme" }), await key({ ownerId: "acme", plan: "large" })];
    await other.ask({ cost: 13 });
    const before = await kw.quota(one.key);
    for (let times = 0; times < 3; times += 1) {
      const refused = await one.ask({ cost: 3, budgets: { search: 1 } });
      expect(refused).toMatchObject({ status: 429, headers: { "Retry-After": String(12 * 3600) } });
      expect(violatedOf(refused)).toEqual(["owner-daily"]);
    }
    expect(await kw.quota(one.key)).toEqual(before);
    expect(codeOf(await one.ask({ cost: 2, budgets: { search: 1 } }))).toBe("admitted");
  });

  it("costs its owner nothing if its key line or a budget refuses it", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record, ask: request } = await key({ ownerId: "acme" });
    await request({ cost: 9, budgets: { search: 4 } });
    const before = await kw.quota(record);
    expect(violatedOf(await request({ cost: 2 }))).toEqual(["daily"]);
    expect(violatedOf(await request({ cost: 1, budgets: { search: 1 } }))).toEqual(["search-hourly"]);
    expect(await kw.quota(record)).toEqual(before);
    const other = await key({ ownerId: "acme" });
    expect(codeOf(await other.ask({ cost: 6 }))).toBe("admitted");
  });

  it("names all policies that refuse it, and waits for the last of them", async () => {
    const { kw, key } = withClock({ plans });
    const refusals: (readonly string[])[] = [];
    kw.events.on("refused", ({ violated }) => refusals.push(violated));
    const { key: record, ask: request } = await key({ ownerId: "acme" });
    await request({ cost: 10, budgets: { search: 4 } });
    const refused = await request({ cost: 6, budgets: { search: 1 } });
    const violated = ["daily", "owner-daily", "search-hourly"];
    expect(violatedOf(refused)).toEqual(violated);
    expect(refused.headers["Retry-After"]).toBe(String(12 * 3600));
    expect(refusals).toEqual([violated]);
    const hour = { from: new Date(NOON), to: new Date(NOON + HOUR_MS), per: "hour" } as const;
    expect(await kw.usage.query({ keyId: record.id, ...hour })).toMatchObject([
      { admitted: 1, cost: 10, refused: 1, refusedBy: { daily: 1, "owner-daily": 1, "search-hourly": 1 } },
    ]);
  });

  it("is refused for good if its cost exceeds any limit", async () => {
    const { key } = withClock({ plans });
    const { ask: request } = await key({ ownerId: "acme", plan: "large" });
    const refused = await request({ cost: 16 });
    expect(refused).toMatchObject({
      problem: { code: "cost-exceeds-limits", "violated-policies": ["owner-daily"] },
    });
    expect(refused.headers).not.toHaveProperty("Retry-After");
    const budget = await request({ budgets: { search: 5 } });
    expect(codeOf(budget)).toBe("cost-exceeds-limits");
    expect(codeOf(await request({ cost: 15 }))).toBe("admitted");
  });

  it("is one of two for the owner's last request, of which one is admitted", async () => {
    const { key } = withClock({ plans });
    const keys = [await key({ ownerId: "acme" }), await key({ ownerId: "acme" })];
    await keys[0]?.ask({ cost: 10 });
    await keys[1]?.ask({ cost: 4 });
    const decisions = await Promise.all(keys.map(({ ask: request }) => request()));
    expect(decisions.map(codeOf).toSorted()).toEqual(["admitted", "rate-limit-exceeded"]);
  });

  it("is charged to the owner alone where only owners are limited", async () => {
    const { kw, key } = withClock({ plans: { default: { owner: { hourly: 3 } } } });
    const [one, other] = [await key({ ownerId: "acme" }), await key({ ownerId: "acme" })];
    await one.ask();
    const decision = await other.ask();
    expect(decision.headers).toMatchObject({
      "RateLimit-Policy": '"owner-hourly";q=3;w=3600',
      RateLimit: '"owner-hourly";r=1;t=3600',
    });
    expect(await kw.quota(one.key)).toEqual({
      limits: { owner: { hourly: 3 } },
      remaining: { "owner-hourly": 1 },
      resetMs: { "owner-hourly": HOUR_MS },
    });
  });

  it("is admitted in observe mode, reported, and counted nowhere", async () => {
    const { kw, key } = withClock({ plans, mode: "observe" });
    const observed: (readonly string[])[] = [];
    kw.events.on("admitted", (event) => observed.push(event.observed));
    const { key: record, ask: request } = await key({ ownerId: "acme" });
    await request({ cost: 9 });
    expect(codeOf(await request({ cost: 7, budgets: { search: 1 } }))).toBe("admitted");
    expect(observed).toEqual([[], ["daily", "owner-daily"]]);
    expect((await kw.quota(record)).remaining).toEqual({ daily: 1, "owner-daily": 6, "search-hourly": 4 });
  });
});
