import { memoryLimiter } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { admitted, ask, codeOf, DAY_MS, HOUR_MS, NOON, violatedOf, withClock } from "./set-up.ts";

const plans = {
  default: { daily: 100 },
  visitors: { daily: 3, owner: { daily: 1 }, budgets: { search: { hourly: 2 } } },
  internal: "unlimited" as const,
  shared: { owner: { daily: 5 } },
};
const visitor = { anonymous: "visitors" } as const;

describe("a request without a key", () => {
  it("is admitted under the plan of the route, and counted by its address", async () => {
    const { kw, advance } = withClock({ plans });
    const from = (ip: string) => ask(kw, { ...visitor, ip });
    const first = admitted(await from("203.0.113.1"));
    expect(first).toMatchObject({ key: undefined, plan: "visitors" });
    // Owner limits do not apply, because anonymous clients have no owner.
    expect(first.headers).toEqual({
      "RateLimit-Policy": '"daily";q=3;w=86400',
      RateLimit: '"daily";r=2;t=43200',
    });
    for (let times = 0; times < 2; times += 1)
      expect(codeOf(await from("::ffff:203.0.113.1"))).toBe("admitted");
    const refused = await from("203.0.113.1");
    expect(refused).toMatchObject({ status: 429, headers: { "Retry-After": "43200" } });
    expect(codeOf(await from("203.0.113.2"))).toBe("admitted");
    advance(DAY_MS);
    expect(codeOf(await from("203.0.113.1"))).toBe("admitted");
  });

  it("is counted by the /56 of an IPv6 address", async () => {
    const { kw } = withClock({ plans });
    const from = async (ip: string) => codeOf(await ask(kw, { ...visitor, ip }));
    for (const ip of ["2001:db8:1:ff00::1", "2001:db8:1:ffff::2", "2001:DB8:1:FF80:1::"]) {
      expect(await from(ip)).toBe("admitted");
    }
    expect(await from("2001:db8:1:ff01::1")).toBe("rate-limit-exceeded");
    expect(await from("2001:db8:1:fe00::1")).toBe("admitted");
  });

  it("is refused with missing-api-key where the route does not name a plan", async () => {
    const { kw } = withClock({ plans });
    expect(await ask(kw, {})).toMatchObject({ status: 401, problem: { code: "missing-api-key" } });
  });

  it.each([{ scopes: ["a"] }, { anyScope: ["a", "b"] }])(
    "is refused where the route needs %j",
    async (needed) => {
      const { kw } = withClock({ plans, failedAttempts: { limit: 1 } });
      for (let times = 0; times < 5; times += 1) {
        const refused = await ask(kw, { ...visitor, ...needed });
        expect(refused).toMatchObject({ status: 401, problem: { code: "missing-api-key" } });
      }
      for (let times = 0; times < 3; times += 1) expect(codeOf(await ask(kw, visitor))).toBe("admitted");
    },
  );

  it.each(["", "unknown", "unix:/run/api.sock"])("is refused from the unknown address %j", async (ip) => {
    const { kw } = withClock({ plans });
    for (let times = 0; times < 5; times += 1) {
      expect(codeOf(await ask(kw, { ...visitor, ip }))).toBe("missing-api-key");
    }
  });

  it("is refused over plain HTTP", async () => {
    const { kw } = withClock({ plans });
    expect(codeOf(await ask(kw, { ...visitor, secure: false }))).toBe("https-required");
  });

  it("can charge budgets of the plan, by address", async () => {
    const { kw } = withClock({ plans });
    const search = (ip: string) => ask(kw, { ...visitor, ip, budgets: { search: 2 } });
    expect((await search("203.0.113.1")).headers["RateLimit"]).toBe(
      '"daily";r=2;t=43200, "search-hourly";r=0;t=3600',
    );
    expect(violatedOf(await search("203.0.113.1"))).toEqual(["search-hourly"]);
    expect(codeOf(await search("203.0.113.2"))).toBe("admitted");
    expect(codeOf(await ask(kw, visitor))).toBe("admitted");
  });

  it("can be settled", async () => {
    const { kw } = withClock({ plans });
    await admitted(await ask(kw, { ...visitor, cost: 3 })).settle({ cost: 1 });
    expect((await ask(kw, visitor)).headers["RateLimit"]).toBe('"daily";r=1;t=43200');
  });

  it("is reported without a key, and not recorded as usage", async () => {
    const { kw, key } = withClock({ plans });
    const events: unknown[] = [];
    kw.events.on("admitted", (event) => events.push(event));
    kw.events.on("refused", (event) => events.push(event));
    const { key: record } = await key();
    await ask(kw, { ...visitor, cost: 3 });
    await ask(kw, visitor);
    expect(events).toEqual([
      {
        plan: "visitors",
        cost: 3,
        observed: [],
        ip: "203.0.113.1",
        limits: { daily: 3 },
        remaining: { daily: 0 },
        resetMs: { daily: 12 * HOUR_MS },
      },
      { code: "rate-limit-exceeded", status: 429, ip: "203.0.113.1", violated: ["daily"] },
    ]);
    const day = { from: new Date(NOON), to: new Date(NOON + 1), per: "day" } as const;
    expect(await kw.usage.query({ keyId: record.id, ...day })).toEqual([]);
  });

  it.each(["nope", "internal", "shared", ""])(
    "is a mistake of the caller under the plan %j",
    async (plan) => {
      const { kw } = withClock({ plans });
      await expect(async () => ask(kw, { anonymous: plan })).rejects.toMatchObject({
        code: "invalid-input",
        field: "anonymous",
        message: `anonymous must be a plan with its own limits; got ${JSON.stringify(plan)}.`,
      });
    },
  );

  it("follows the mode of the plan", async () => {
    const { kw } = withClock({ plans });
    await ask(kw, { ...visitor, cost: 3 });
    kw.setMode("observe", { plan: "visitors" });
    expect(codeOf(await ask(kw, visitor))).toBe("admitted");
    kw.setMode("enforce", { plan: "visitors" });
    expect(codeOf(await ask(kw, visitor))).toBe("rate-limit-exceeded");
  });
});

describe("a request with a key on a route for anonymous requests", () => {
  it("is admitted under the plan of the key", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record, ask: request } = await key();
    for (let times = 0; times < 5; times += 1) {
      expect(admitted(await request(visitor))).toMatchObject({ key: { id: record.id }, plan: "default" });
    }
    expect((await kw.quota(record)).remaining).toEqual({ daily: 95 });
    expect((await ask(kw, visitor)).headers["RateLimit"]).toBe('"daily";r=2;t=43200');
  });

  it("is refused if the key is wrong, and never treated as anonymous", async () => {
    const { kw, key } = withClock({ plans, failedAttempts: { limit: 3 } });
    const { key: record, raw, ask: request } = await key();
    await kw.keys.revoke(record.id);
    expect(codeOf(await request(visitor))).toBe("revoked-api-key");
    for (const wrong of ["", "nonsense", `${raw.slice(0, -1)}${raw.endsWith("a") ? "b" : "a"}`]) {
      expect(codeOf(await ask(kw, { ...visitor, key: wrong }))).toBe("invalid-api-key");
    }
    expect(codeOf(await ask(kw, { ...visitor, key: "nonsense" }))).toBe("too-many-failed-attempts");
    expect((await ask(kw, visitor)).headers["RateLimit"]).toBe('"daily";r=2;t=43200');
  });
});

describe("an anonymous request at an inner mount", () => {
  it.each([{}, { ...visitor, scopes: ["a"] }, { ...visitor, anyScope: ["a"] }])(
    "is refused and costs nothing where a key is needed: %j",
    async (inner) => {
      const { kw } = withClock({ plans });
      for (let times = 0; times < 9; times += 1) {
        const outer = await ask(kw, visitor);
        expect(codeOf(await ask(kw, { ...inner, previous: outer }))).toBe("missing-api-key");
      }
      for (let times = 0; times < 3; times += 1) expect(codeOf(await ask(kw, visitor))).toBe("admitted");
    },
  );

  it("is counted once, at the highest cost", async () => {
    const { kw } = withClock({ plans });
    const outer = await ask(kw, visitor);
    const inner = await ask(kw, { ...visitor, cost: 2, previous: outer });
    expect(inner.headers["RateLimit"]).toBe('"daily";r=1;t=43200');
    expect(await ask(kw, { ...visitor, previous: inner })).toBe(inner);
  });
});

describe("a full table of anonymous clients", () => {
  it("refuses only further anonymous clients", async () => {
    const { now } = withClock();
    const limiter = memoryLimiter({ clock: now, maxAnonymous: 2 });
    const { kw, key } = withClock({ plans, limiter });
    const failures: unknown[] = [];
    kw.events.on("limiter.failed", ({ error }) => failures.push(error));
    const from = async (number: number) => codeOf(await ask(kw, { ...visitor, ip: `203.0.113.${number}` }));
    expect([await from(1), await from(2), await from(3)]).toEqual([
      "admitted",
      "admitted",
      "limiter-unavailable",
    ]);
    expect(await from(1)).toBe("admitted");
    for (let times = 0; times < 5; times += 1) {
      expect(codeOf(await (await key()).ask())).toBe("admitted");
    }
    expect(failures).toMatchObject([{ code: "limiter-full" }]);
  });
});
