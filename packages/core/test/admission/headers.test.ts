import { createKeyward } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { ask, HOUR_MS, NOON, withClock } from "./set-up.ts";

const plans = {
  default: {
    rate: 60,
    per: "minute" as const,
    burst: 90,
    hourly: 500,
    owner: { monthly: 20_000, timeZone: "Europe/Berlin" },
    budgets: { search: { rate: 5, weekly: 100 } },
  },
};

/** The parameters of a field by policy. */
function parse(field = ""): Record<string, Record<string, number>> {
  return Object.fromEntries(
    field.split(", ").map((member) => {
      const [, policy = "", parameters = ""] = /^"([a-z-]+)";(\w=\d+(?:;\w=\d+)*)$/.exec(member) ?? [];
      expect(policy, member).not.toBe("");
      const pairs = parameters.split(";").map((parameter) => parameter.split("="));
      return [policy, Object.fromEntries(pairs.map(([name = "", value]) => [name, Number(value)]))];
    }),
  );
}

describe("RateLimit fields", () => {
  it("name every policy of every subject, with windows and limits in seconds and requests", async () => {
    const { kw, key } = withClock({ plans });
    const { ask: request } = await key({ ownerId: "acme" });
    const { headers } = await request({ cost: 30, budgets: { search: 5 } });
    expect(parse(headers["RateLimit-Policy"])).toEqual({
      sustained: { q: 60, w: 60 },
      burst: { q: 90, w: 60 },
      hourly: { q: 500, w: 3600 },
      "owner-monthly": { q: 20_000, w: 31 * 86_400 },
      "search-sustained": { q: 5, w: 1 },
      "search-burst": { q: 5, w: 1 },
      "search-weekly": { q: 100, w: 7 * 86_400 },
    });
    expect(parse(headers["RateLimit"])).toEqual({
      sustained: { r: 60, t: 0 },
      burst: { r: 60, t: 60 },
      hourly: { r: 470, t: 3600 },
      // Midnight of 1 June in Berlin is 22:00 UTC of 31 May.
      "owner-monthly": { r: 19_970, t: (Date.UTC(2026, 4, 31, 22) - NOON) / 1000 },
      "search-sustained": { r: 0, t: 1 },
      "search-burst": { r: 0, t: 1 },
      // Monday, 4 May.
      "search-weekly": { r: 95, t: (Date.UTC(2026, 4, 4) - NOON) / 1000 },
    });
    await kw.close();
  });

  it("are also in a refusal by a limit, of all subjects that it would have charged", async () => {
    const { key } = withClock({ plans });
    const { ask: request } = await key({ ownerId: "acme" });
    await request({ budgets: { search: 5 } });
    const { headers } = await request({ budgets: { search: 1 } });
    expect(headers["Retry-After"]).toBe("1");
    expect(Object.keys(parse(headers["RateLimit"]))).toEqual([
      "sustained",
      "burst",
      "hourly",
      "owner-monthly",
      "search-sustained",
      "search-burst",
      "search-weekly",
    ]);
    expect(parse(headers["RateLimit"])["owner-monthly"]?.["r"]).toBe(19_999);
  });

  it.each([
    ["a day of 23 hours", { daily: 5, timeZone: "Europe/Berlin" }, Date.UTC(2026, 2, 29, 12), 23],
    ["a day of 25 hours", { daily: 5, timeZone: "Europe/Berlin" }, Date.UTC(2026, 9, 25, 12), 25],
    ["a February", { monthly: 5 }, Date.UTC(2027, 1, 10), 28 * 24],
    ["a February of a leap year", { monthly: 5 }, Date.UTC(2028, 1, 10), 29 * 24],
    ["a billing month", { monthly: 5, monthStartsOn: 28 }, Date.UTC(2027, 2, 1), 28 * 24],
  ])("have the length of the current period as window: %s", async (_name, limits, now, hours) => {
    let at = now - 40 * 24 * HOUR_MS;
    const kw = createKeyward({ plans: { default: limits }, clock: () => at });
    const { secret } = await kw.keys.create({ name: "a" });
    const windowOf = async () => {
      const { headers } = await ask(kw, { key: secret.reveal() });
      return Object.values(parse(headers["RateLimit-Policy"]))[0]?.["w"];
    };
    // The field is remembered, and written again in another period.
    await windowOf();
    at = now;
    expect(await windowOf()).toBe(hours * 3600);
    expect(await windowOf()).toBe(hours * 3600);
  });

  it("are absent where nothing is limited", async () => {
    const { key } = withClock({ plans: { default: "unlimited" }, legacyHeaders: true });
    const { ask: request } = await key();
    expect((await request()).headers).toEqual({});
  });
});

describe("X-RateLimit fields of several subjects", () => {
  it.each([
    [{ cost: 1 }, { limit: 60, remaining: 60, reset: 0 }],
    [{ cost: 80 }, { limit: 90, remaining: 10, reset: 60 }],
    [
      { cost: 1, budgets: { search: 2 } },
      { limit: 5, remaining: 3, reset: 1 },
    ],
  ])(
    "describe the policy with the least remaining of all: %j",
    async (costs, { limit, remaining, reset }) => {
      const { key } = withClock({ plans, legacyHeaders: true });
      const { ask: request } = await key({ ownerId: "acme" });
      const { headers } = await request(costs);
      expect(headers).toMatchObject({
        "X-RateLimit-Limit": String(limit),
        "X-RateLimit-Remaining": String(remaining),
        "X-RateLimit-Reset": String(NOON / 1000 + reset),
      });
    },
  );

  it("describe the owner's limit where it is the tightest", async () => {
    const { kw, key } = withClock({ plans, legacyHeaders: true });
    await kw.owners.update("acme", { limits: { monthly: 7 } });
    const { ask: request } = await key({ ownerId: "acme" });
    const { headers } = await request({ cost: 3 });
    expect(headers).toMatchObject({
      "X-RateLimit-Limit": "7",
      "X-RateLimit-Remaining": "4",
      "X-RateLimit-Reset": String(Date.UTC(2026, 4, 31, 22) / 1000),
    });
  });
});
