import { memoryStore, type Store } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { codeOf, DAY_MS, NOON, violatedOf, withClock } from "../admission/set-up.ts";

const plans = {
  default: { rate: 10, burst: 20, daily: 100, owner: { daily: 150 } },
  internal: "unlimited" as const,
};

describe("the own limits of a key", () => {
  it("override the limits of its plan for its key line alone", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record, ask: request } = await key({ ownerId: "acme", limits: { daily: 2, monthly: 5 } });
    expect(record.limits).toEqual({ daily: 2, monthly: 5 });
    expect((await kw.quota(record)).limits).toEqual({
      rate: 10,
      burst: 20,
      daily: 2,
      monthly: 5,
      owner: { daily: 150 },
    });
    await request({ cost: 2 });
    expect(violatedOf(await request())).toEqual(["daily"]);
    const other = await key({ ownerId: "acme" });
    expect(codeOf(await other.ask())).toBe("admitted");
  });

  it("can remove limits, and all of them", async () => {
    const { kw, key } = withClock({ plans: { default: { rate: 1, daily: 1 } } });
    const { key: record, ask: request } = await key({ limits: { rate: null, daily: null } });
    for (let times = 0; times < 100; times += 1) {
      expect(await request({ cost: 1000 })).toMatchObject({ admitted: true, headers: {} });
    }
    await kw.keys.update(record.id, { limits: { daily: null } });
    expect((await kw.quota(record)).limits).toEqual({ rate: 1 });
  });

  it("limit a key of an unlimited plan", async () => {
    const { key } = withClock({ plans });
    const { ask: request } = await key({ plan: "internal", limits: { hourly: 3 } });
    expect(codeOf(await request({ cost: 3 }))).toBe("admitted");
    expect(violatedOf(await request())).toEqual(["hourly"]);
  });

  it("expire at their end, to the millisecond, also for a cached key, and are omitted then", async () => {
    const { kw, key, advance } = withClock({ plans });
    const until = new Date(NOON + 3000);
    const { key: record, ask: request } = await key({ limits: { daily: 2, until } });
    expect(record.limits).toEqual({ daily: 2, until });
    await request({ cost: 2 });
    advance(2999);
    expect(violatedOf(await request())).toEqual(["daily"]);
    advance(1);
    const decision = await request();
    expect(decision.headers["RateLimit"]).toContain('"daily";r=97;');
    const expired = await kw.keys.get(record.id);
    expect(expired).not.toHaveProperty("limits");
    expect((await kw.quota(record)).limits).toMatchObject({ daily: 100 });
  });

  it("expire also while the store is down", async () => {
    const memory = memoryStore();
    let isDown = false;
    const store: Store = {
      ...memory,
      findByDigest(digest) {
        if (isDown) throw new Error("down");
        return memory.findByDigest(digest);
      },
    };
    const { kw, key, advance } = withClock({ plans, store, cache: { lifetimeMs: 1000 } });
    const { ask: request } = await key({
      ownerId: "acme",
      limits: { daily: 50, until: new Date(NOON + 3000) },
    });
    await kw.owners.update("acme", { limits: { daily: 500, until: new Date(NOON + 6000) } });
    expect((await request()).headers["RateLimit"]).toMatch(/"daily";r=49;.*"owner-daily";r=499;/);
    isDown = true;
    for (const [waitMs, expected] of [
      [2999, /"daily";r=48;.*"owner-daily";r=498;/],
      [1, /"daily";r=97;.*"owner-daily";r=497;/],
      [2999, /"daily";r=96;.*"owner-daily";r=496;/],
      [1, /"daily";r=95;.*"owner-daily";r=145;/],
    ] as const) {
      advance(waitMs);
      expect((await request()).headers["RateLimit"]).toMatch(expected);
    }
  });

  it("are replaced as a whole by an update, and removed by null or an empty object", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record } = await key({ limits: { daily: 2, until: new Date(NOON + DAY_MS) } });
    expect((await kw.keys.update(record.id, { limits: { hourly: 9 } })).limits).toEqual({ hourly: 9 });
    expect(await kw.keys.update(record.id, { limits: {} })).not.toHaveProperty("limits");
    await kw.keys.update(record.id, { limits: { hourly: 9 } });
    expect(await kw.keys.update(record.id, { limits: null })).not.toHaveProperty("limits");
    expect(
      await kw.keys.update(record.id, { limits: { until: new Date(NOON + DAY_MS) } }),
    ).not.toHaveProperty("limits");
  });
});
