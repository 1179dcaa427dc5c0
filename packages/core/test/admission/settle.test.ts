import { memoryLimiter, type Limiter } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { admitted, codeOf, DAY_MS, HOUR_MS, NOON, violatedOf, withClock } from "./set-up.ts";

const plans = {
  default: {
    rate: 50,
    burst: 100,
    daily: 1000,
    monthly: 5000,
    owner: { rate: 60, weekly: 3000 },
    budgets: { tokens: { rate: 500, daily: 9000 }, search: { hourly: 10 } },
  },
};

async function setUp() {
  const clock = withClock({ plans });
  const { key, ask: request } = await clock.key({ ownerId: "acme" });
  const remaining = async () => (await clock.kw.quota(key)).remaining;
  const usage = async () => {
    const all = { from: new Date(0), to: new Date(NOON + 30 * DAY_MS), per: "day" } as const;
    return clock.kw.usage.query({ keyId: key.id, ...all });
  };
  return { ...clock, record: key, request, remaining, usage };
}

describe("settling a request", () => {
  it("refunds calendar quotas, and leaves sustained and burst of the key line and the owner", async () => {
    const { request, remaining, usage } = await setUp();
    await admitted(await request({ cost: 50 })).settle({ cost: 20 });
    expect(await remaining()).toMatchObject({
      sustained: 50,
      burst: 50,
      daily: 980,
      monthly: 4980,
      "owner-sustained": 10,
      "owner-burst": 10,
      "owner-weekly": 2980,
    });
    expect(await usage()).toMatchObject([{ admitted: 1, cost: 20 }]);
  });

  it("refunds a request in full with a cost of 0, and counts it as admitted", async () => {
    const { request, remaining, usage } = await setUp();
    await admitted(await request({ cost: 7 })).settle({ cost: 0 });
    expect(await remaining()).toMatchObject({ daily: 1000, monthly: 5000, "owner-weekly": 3000, burst: 93 });
    expect(await usage()).toMatchObject([{ admitted: 1, cost: 0 }]);
  });

  it("adds a surcharge, to sustained and burst up to their limits and to quotas in full", async () => {
    const { request, remaining, usage } = await setUp();
    await admitted(await request({ cost: 1 })).settle({ cost: 1500 });
    expect(await remaining()).toMatchObject({
      sustained: 0,
      burst: 0,
      daily: 0,
      monthly: 3500,
      "owner-sustained": 0,
      "owner-burst": 0,
      "owner-weekly": 1500,
    });
    expect(await usage()).toMatchObject([{ admitted: 1, cost: 1500 }]);
    const refused = await request();
    expect(violatedOf(refused)).toEqual(["sustained", "burst", "daily", "owner-sustained", "owner-burst"]);
  });

  it("corrects budgets in full, their sustained and burst included", async () => {
    const { request, remaining, advance } = await setUp();
    await admitted(await request({ budgets: { tokens: 400 } })).settle({ budgets: { tokens: 150 } });
    expect(await remaining()).toMatchObject({
      "tokens-sustained": 350,
      "tokens-burst": 350,
      "tokens-daily": 8850,
    });
    await admitted(await request({ budgets: { tokens: 0 } })).settle({ budgets: { tokens: 1000 } });
    expect(await remaining()).toMatchObject({
      "tokens-sustained": 0,
      "tokens-burst": 0,
      "tokens-daily": 7850,
    });
    // 1,150 in a bucket of 500, which leaks 500 per second: 1 fits after 651 have leaked.
    const waiting = await request({ budgets: { tokens: 1 } });
    expect(waiting.headers["Retry-After"]).toBe("2");
    advance(1302);
    expect(codeOf(await request({ budgets: { tokens: 1 } }))).toBe("admitted");
  });

  it("charges a budget that the request was not charged for", async () => {
    const { request, remaining } = await setUp();
    await admitted(await request({ cost: 2 })).settle({ budgets: { search: 4 } });
    expect(await remaining()).toMatchObject({ "search-hourly": 6, daily: 998 });
  });

  it("leaves the costs that it does not name", async () => {
    const { request, remaining } = await setUp();
    const costs = { cost: 5, budgets: { tokens: 100, search: 2 } };
    await admitted(await request(costs)).settle({ budgets: { tokens: 40 } });
    await admitted(await request(costs)).settle({ cost: 1 });
    await admitted(await request(costs)).settle({ cost: undefined, budgets: undefined });
    expect(await remaining()).toMatchObject({ daily: 989, "tokens-daily": 8760, "search-hourly": 4 });
  });

  it("changes nothing at the second call", async () => {
    const { request, remaining, usage } = await setUp();
    const decision = admitted(await request({ cost: 50, budgets: { tokens: 9 } }));
    await decision.settle({ cost: 20 });
    const settled = await remaining();
    for (const settlement of [{ cost: 0 }, { cost: 500 }, { budgets: { tokens: 0 } }, {}]) {
      await decision.settle(settlement);
    }
    expect(await remaining()).toEqual(settled);
    expect(await usage()).toMatchObject([{ cost: 20 }]);
  });

  it("throws for an invalid settlement, which settles nothing", async () => {
    const { request, remaining } = await setUp();
    const decision = admitted(await request({ cost: 50 }));
    for (const [settlement, field] of [
      [{ cost: -1 }, "cost"],
      [{ cost: 0.5 }, "cost"],
      [{ budgets: { nope: 1 } }, "budgets.nope"],
      [{ cost: 5, budgets: { tokens: Number.NaN } }, "budgets.tokens"],
    ] as const) {
      await expect(async () => decision.settle(settlement)).rejects.toMatchObject({
        code: "invalid-input",
        field,
      });
    }
    expect(await remaining()).toMatchObject({ daily: 950 });
    await decision.settle({ cost: 1 });
    expect(await remaining()).toMatchObject({ daily: 999 });
  });

  it("refunds after midnight the periods that were charged, and not the new day", async () => {
    const { request, remaining, advance } = await setUp();
    advance(12 * HOUR_MS - 500);
    const decision = admitted(await request({ cost: 40, budgets: { tokens: 300, search: 3 } }));
    advance(1000);
    await request({ cost: 5 });
    await decision.settle({ cost: 10, budgets: { tokens: 0, search: 0 } });
    // Midnight on 1 May is in the middle of a week and of a month.
    expect(await remaining()).toMatchObject({
      daily: 995,
      monthly: 4985,
      "owner-weekly": 2985,
      "tokens-daily": 9000,
      "search-hourly": 10,
    });
  });

  it("adds a surcharge after midnight to the new day", async () => {
    const { request, remaining, advance } = await setUp();
    advance(12 * HOUR_MS - 500);
    const decision = admitted(await request({ cost: 4 }));
    advance(1000);
    await decision.settle({ cost: 10 });
    expect(await remaining()).toMatchObject({ daily: 994, monthly: 4990 });
  });

  it("settles a request that passed several mounts once, whichever of their decisions is used", async () => {
    for (const settleOuter of [false, true]) {
      const { request, remaining, usage } = await setUp();
      const outer = admitted(await request({ cost: 2, budgets: { tokens: 10 } }));
      const inner = admitted(await request({ cost: 5, budgets: { tokens: 30, search: 1 }, previous: outer }));
      const [first, second] = settleOuter ? [outer, inner] : [inner, outer];
      await first.settle({ cost: 1, budgets: { tokens: 4 } });
      expect(await remaining()).toMatchObject({ daily: 999, "tokens-daily": 8996, "search-hourly": 9 });
      await second.settle({ cost: 0, budgets: { tokens: 0, search: 0 } });
      expect(await remaining()).toMatchObject({ daily: 999, "tokens-daily": 8996, "search-hourly": 9 });
      expect(await usage()).toMatchObject([{ admitted: 1, cost: 1 }]);
    }
  });

  it("does nothing for a request that an inner mount refused after all", async () => {
    const { request, remaining } = await setUp();
    const outer = admitted(await request({ cost: 5 }));
    expect(codeOf(await request({ cost: 5, previous: outer, scopes: ["not:there"] }))).toBe(
      "insufficient-scope",
    );
    await outer.settle({ cost: 100 });
    expect(await remaining()).toMatchObject({ daily: 1000 });
  });

  it("corrects nothing that observe mode did not count", async () => {
    const observing = { default: { daily: 10, budgets: { search: { hourly: 5 }, tokens: { daily: 50 } } } };
    const { kw, key } = withClock({ plans: observing, mode: "observe" });
    const { key: record, ask: request } = await key();
    await request({ cost: 8 });
    const over = admitted(await request({ cost: 5, budgets: { search: 1 } }));
    await over.settle({ cost: 1, budgets: { search: 2, tokens: 3 } });
    expect((await kw.quota(record)).remaining).toEqual({ daily: 2, "search-hourly": 5, "tokens-daily": 50 });
    const within = admitted(await request({ cost: 2 }));
    await within.settle({ cost: 1, budgets: { tokens: 3 } });
    expect((await kw.quota(record)).remaining).toEqual({ daily: 1, "search-hourly": 5, "tokens-daily": 47 });
  });

  it("is counted under the limits that a key has by now", async () => {
    const { kw, record, request, remaining } = await setUp();
    const decision = admitted(await request({ cost: 10 }));
    await kw.keys.update(record.id, { limits: { rate: 5, daily: 40, monthly: null } });
    await decision.settle({ cost: 30 });
    expect(await remaining()).toMatchObject({ sustained: 0, burst: 0, daily: 10 });
    await kw.keys.update(record.id, { limits: null });
    expect(await remaining()).toMatchObject({ daily: 970, monthly: 4970 });
  });

  it("works after the key was rotated, paused or revoked", async () => {
    const { kw, record, request, remaining } = await setUp();
    const decisions = [];
    for (let times = 0; times < 3; times += 1) decisions.push(admitted(await request({ cost: 10 })));
    await kw.keys.rotate(record.id);
    await decisions[0]?.settle({ cost: 0 });
    await kw.keys.pause(record.id);
    await decisions[1]?.settle({ cost: 0 });
    await kw.keys.revoke(record.id);
    await decisions[2]?.settle({ cost: 0 });
    expect(await remaining()).toMatchObject({ daily: 1000, monthly: 5000 });
  });

  it("keeps the charge where the limiter cannot correct it", async () => {
    const { now } = withClock();
    const memory = memoryLimiter({ clock: now });
    const limiter: Limiter = {
      consume: (subject, limits, cost) => memory.consume(subject, limits, cost),
      peek: (subject, limits) => memory.peek(subject, limits),
      reset: (subject) => memory.reset(subject),
      close: () => memory.close(),
    };
    const { kw, key } = withClock({ plans: { default: { daily: 10 } }, limiter });
    const { key: record, ask: request } = await key();
    await admitted(await request({ cost: 4 })).settle({ cost: 1 });
    expect((await kw.quota(record)).remaining).toEqual({ daily: 6 });
  });
});
