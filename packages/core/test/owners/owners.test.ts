import { createKeyward, memoryStore, type ChangeFeed, type UpdateOwnerInput } from "@keyward/core";
import type { StoreChange } from "@keyward/core/store";
import { describe, expect, it } from "vitest";
import { ask, codeOf, DAY_MS, HOUR_MS, NOON, violatedOf, withClock } from "../admission/set-up.ts";
import { SECRET } from "../secrets.ts";

const plans = {
  default: { daily: 100 },
  free: { rate: 10, per: "minute" as const, owner: { monthly: 20 }, budgets: { search: { daily: 5 } } },
  pro: {
    rate: 100,
    owner: { monthly: 2000, weekly: 900 },
    budgets: { search: { daily: 500 }, export: { hourly: 3 } },
  },
  internal: "unlimited" as const,
};

describe("an owner", () => {
  it("exists once a key names it, or once it is updated", async () => {
    const { kw, key } = withClock({ plans });
    expect(await kw.owners.get("acme")).toBeUndefined();
    await key({ ownerId: "acme" });
    expect(await kw.owners.get("acme")).toEqual({
      id: "acme",
      status: "active",
      createdAt: new Date(NOON),
      revision: 1,
      metadata: {},
    });
    const created = await kw.owners.update("globex", { name: "Globex", plan: "pro", metadata: { crm: 7 } });
    expect(created).toEqual({
      id: "globex",
      name: "Globex",
      plan: "pro",
      status: "active",
      createdAt: new Date(NOON),
      revision: 1,
      metadata: { crm: 7 },
    });
    expect(await kw.owners.get("globex")).toEqual(created);
  });

  it("keeps the fields that an update leaves out, and loses those that it sets to null", async () => {
    const { kw } = withClock({ plans });
    await kw.owners.update("acme", {
      name: "Acme",
      plan: "pro",
      limits: { monthly: 5, until: new Date(NOON + DAY_MS) },
      allowedAddresses: ["203.0.113.7"],
    });
    expect(await kw.owners.update("acme", { metadata: { a: 1 } })).toMatchObject({
      name: "Acme",
      plan: "pro",
      limits: { monthly: 5, until: new Date(NOON + DAY_MS) },
      allowedAddresses: ["203.0.113.7/32"],
      metadata: { a: 1 },
      revision: 2,
    });
    const bare = await kw.owners.update("acme", {
      name: null,
      plan: null,
      limits: null,
      allowedAddresses: null,
    });
    for (const field of ["name", "plan", "limits", "allowedAddresses"])
      expect(bare).not.toHaveProperty(field);
  });

  it("is changed only at the revision that the change is meant for", async () => {
    const { kw } = withClock({ plans });
    await kw.owners.update("acme", { plan: "free", ifRevision: 7 });
    await kw.owners.update("acme", { plan: "pro", ifRevision: 1 });
    const rejection = {
      code: "owner-changed",
      message: 'Owner "acme" was changed by someone else: its revision is 2, not 1.',
    };
    await expect(kw.owners.update("acme", { plan: "free", ifRevision: 1 })).rejects.toMatchObject(rejection);
    await expect(kw.owners.pause("acme", { ifRevision: 1 })).rejects.toMatchObject(rejection);
    expect(await kw.owners.get("acme")).toMatchObject({ plan: "pro", status: "active", revision: 2 });
  });

  const wrong: readonly [string, UpdateOwnerInput, string][] = [
    [
      "name",
      { name: "" },
      'name must be text of 1 to 200 characters without control or invisible characters; got "".',
    ],
    ["plan", { plan: "gold" }, 'plan must be one of default, free, pro, internal; got "gold".'],
    [
      "limits.monthly",
      { limits: { monthly: 0 } },
      "limits.monthly must be a whole number from 1 to 1000000000; got 0.",
    ],
    [
      "limits.until",
      { limits: { monthly: 1, until: new Date(NOON) } },
      `limits.until must be in the future; got "${new Date(NOON).toISOString()}".`,
    ],
    [
      "allowedAddresses",
      { allowedAddresses: ["acme.example"] },
      'allowedAddresses: "acme.example" is not a network; use CIDR notation such as "203.0.113.0/24", or an address.',
    ],
    ["metadata", { metadata: [] as never }, "metadata must be an object; got an array."],
    [
      "owner",
      { owner: {} } as UpdateOwnerInput,
      'owners.update: unknown field "owner"; there are name, plan, limits, allowedAddresses, metadata, ifRevision.',
    ],
  ];
  it.each(wrong)("is not changed by an invalid %s", async (field, input, message) => {
    const { kw } = withClock({ plans });
    await expect(kw.owners.update("acme", input)).rejects.toMatchObject({
      code: "invalid-input",
      field,
      message,
    });
    expect(await kw.owners.get("acme")).toBeUndefined();
    expect((await kw.audit.list()).events).toEqual([]);
  });

  it("rejects calls without an id or without input", async () => {
    const { kw } = withClock({ plans });
    for (const id of ["", " ", undefined, 7]) {
      const rejection = { code: "invalid-input", field: "ownerId" };
      await expect(kw.owners.get(id as string)).rejects.toMatchObject(rejection);
      await expect(kw.owners.update(id as string, {})).rejects.toMatchObject(rejection);
      await expect(kw.owners.pause(id as string)).rejects.toMatchObject(rejection);
      await expect(kw.owners.resume(id as string)).rejects.toMatchObject(rejection);
    }
    for (const input of [undefined, null, "pro", []]) {
      await expect(kw.owners.update("acme", input as never)).rejects.toMatchObject({ code: "invalid-input" });
    }
    for (const options of [null, "reason", []]) {
      await expect(kw.owners.pause("acme", options as never)).rejects.toMatchObject({
        code: "invalid-input",
      });
    }
    await expect(kw.owners.resume("acme")).rejects.toMatchObject({
      code: "owner-not-found",
      message: 'There is no owner "acme".',
    });
    expect((await kw.owners.list()).owners).toEqual([]);
  });

  it("is listed by id, a page at a time, and found by id or name", async () => {
    const { kw } = withClock({ plans });
    for (const [id, name] of [
      ["b", "Acme"],
      ["acme", null],
      ["c", "Other"],
    ] as const) {
      await kw.owners.update(id, { name });
    }
    const first = await kw.owners.list({ limit: 2 });
    expect(first.owners.map(({ id }) => id)).toEqual(["acme", "b"]);
    expect(first.nextCursor).toBe("b");
    const second = await kw.owners.list({ limit: 2, cursor: "b" });
    expect(second.owners.map(({ id }) => id)).toEqual(["c"]);
    expect(second).not.toHaveProperty("nextCursor");
    expect((await kw.owners.list({ search: "ACME" })).owners.map(({ id }) => id)).toEqual(["acme", "b"]);
    for (const [query, field] of [
      [{ limit: 0 }, "limit"],
      [{ cursor: 7 }, "cursor"],
      [{ search: "" }, "search"],
      [{ plan: "pro" }, "plan"],
    ] as const) {
      await expect(kw.owners.list(query as object)).rejects.toMatchObject({ code: "invalid-input", field });
    }
  });
});

describe("the plan of an owner", () => {
  it("applies to its keys without a plan, and alone decides about owner limits and budgets", async () => {
    const { kw, key } = withClock({ plans });
    await kw.owners.update("acme", { plan: "free" });
    const follower = await key({ ownerId: "acme" });
    const special = await key({ ownerId: "acme", plan: "pro" });
    const { rate, per } = plans.free;
    expect((await kw.quota(follower.key)).limits).toEqual({
      rate,
      per,
      owner: { monthly: 20 },
      budgets: { search: { daily: 5 } },
    });
    expect((await kw.quota(special.key)).limits).toEqual({
      rate: 100,
      owner: { monthly: 20 },
      budgets: { search: { daily: 5 } },
    });
    const decision = await special.ask({ budgets: { search: 1 } });
    expect(decision.admitted && decision.plan).toBe("pro");
    expect(decision.headers["RateLimit"]).toContain('"owner-monthly";r=19;');
    expect(decision.headers["RateLimit"]).toContain('"search-daily";r=4;');
  });

  it("is default where neither key nor owner has one, and a key without an owner has its plan's owner limits", async () => {
    const { kw, key } = withClock({ plans });
    const owned = await key({ ownerId: "acme" });
    expect((await kw.quota(owned.key)).limits).toEqual({ daily: 100 });
    const [one, other] = [await key({ plan: "free" }), await key({ plan: "free" })];
    await one.ask({ cost: 7, budgets: { search: 2 } });
    expect((await kw.quota(one.key)).remaining).toMatchObject({ "owner-monthly": 13, "search-daily": 3 });
    // Each key without an owner is its own owner.
    expect((await kw.quota(other.key)).remaining).toMatchObject({ "owner-monthly": 20, "search-daily": 5 });
  });

  it("can be unlimited, also for owner limits and budgets", async () => {
    const { kw, key } = withClock({ plans });
    await kw.owners.update("acme", { plan: "internal" });
    const { key: record, ask: request } = await key({ ownerId: "acme" });
    for (let times = 0; times < 200; times += 1) {
      expect(await request({ cost: 1000, budgets: { search: 1000 } })).toMatchObject({
        admitted: true,
        headers: {},
      });
    }
    expect(await kw.quota(record)).toEqual({ limits: {}, remaining: {}, resetMs: {} });
  });

  it("takes effect at once, with the count of the owner and its key lines", async () => {
    const { kw, key } = withClock({ plans });
    await kw.owners.update("acme", { plan: "free" });
    const [one, other] = [await key({ ownerId: "acme" }), await key({ ownerId: "acme" })];
    for (const { ask: request } of [one, other]) {
      for (let times = 0; times < 10; times += 1) expect(codeOf(await request())).toBe("admitted");
    }
    expect(violatedOf(await one.ask())).toEqual(["sustained", "burst", "owner-monthly"]);
    await kw.owners.update("acme", { plan: "pro" });
    const upgraded = await one.ask();
    expect(codeOf(upgraded)).toBe("admitted");
    // 20 requests were counted before, of both keys.
    expect(upgraded.headers["RateLimit"]).toContain('"owner-monthly";r=1979;');
    await kw.owners.update("acme", { plan: "free" });
    expect(violatedOf(await other.ask())).toContain("owner-monthly");
  });

  it("takes effect in other processes when they are notified", async () => {
    const store = memoryStore();
    const watching: ((change: StoreChange | undefined) => void)[] = [];
    const feed: ChangeFeed = {
      publish: (change) => watching.forEach((changed) => changed(change)),
      watch(changed) {
        watching.push(changed);
        return () => {};
      },
      close: async () => {},
    };
    const start = () => createKeyward({ secret: SECRET, store, plans, changes: feed, clock: () => NOON });
    const [one, other] = [start(), start()];
    const { secret } = await one.keys.create({ name: "a", ownerId: "acme" });
    const planOf = async () => {
      const decision = await ask(other, { key: secret.reveal() });
      return decision.admitted ? decision.plan : codeOf(decision);
    };
    expect(await planOf()).toBe("default");
    await one.owners.update("acme", { plan: "pro" });
    expect(await planOf()).toBe("pro");
    await one.owners.pause("acme");
    expect(await planOf()).toBe("paused-api-key");
    await one.owners.resume("acme");
    expect(await planOf()).toBe("pro");
  });
});

describe("the own limits of an owner", () => {
  it("override its plan's limits for all its keys together", async () => {
    const { kw, key } = withClock({ plans });
    await kw.owners.update("acme", { plan: "pro", limits: { monthly: 3, weekly: null, daily: 5 } });
    const [one, other] = [await key({ ownerId: "acme" }), await key({ ownerId: "acme" })];
    expect((await kw.quota(one.key)).limits).toEqual({
      rate: 100,
      owner: { daily: 5, monthly: 3 },
      budgets: { search: { daily: 500 }, export: { hourly: 3 } },
    });
    await one.ask({ cost: 2 });
    expect(codeOf(await other.ask())).toBe("admitted");
    expect(violatedOf(await one.ask())).toEqual(["owner-monthly"]);
    await kw.owners.update("acme", { limits: null });
    expect(codeOf(await one.ask())).toBe("admitted");
  });

  it("limit an owner whose plan does not, and remove all limits of one whose plan does", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record } = await key({ ownerId: "acme" });
    await kw.owners.update("acme", { limits: { hourly: 7 } });
    expect((await kw.quota(record)).limits).toEqual({ daily: 100, owner: { hourly: 7 } });
    await kw.owners.update("acme", { plan: "free", limits: { monthly: null } });
    expect((await kw.quota(record)).limits).not.toHaveProperty("owner");
  });

  it("expire at their end, to the millisecond, also for cached keys", async () => {
    const { kw, key, advance } = withClock({ plans });
    await kw.owners.update("acme", { plan: "free", limits: { monthly: 2, until: new Date(NOON + 3000) } });
    const { ask: request } = await key({ ownerId: "acme" });
    for (let times = 0; times < 2; times += 1) expect(codeOf(await request())).toBe("admitted");
    advance(2999);
    expect(violatedOf(await request())).toEqual(["owner-monthly"]);
    expect(await kw.owners.get("acme")).toHaveProperty("limits");
    advance(1);
    const decision = await request();
    expect(decision.headers["RateLimit"]).toContain('"owner-monthly";r=17;');
    expect(await kw.owners.get("acme")).not.toHaveProperty("limits");
  });
});

describe("a paused owner", () => {
  it("has all its keys refused, without the reason, until it is resumed", async () => {
    const { kw, key } = withClock({ plans });
    const [one, paused] = [await key({ ownerId: "acme" }), await key({ ownerId: "acme" })];
    const other = await key({ ownerId: "globex" });
    await kw.keys.pause(paused.key.id);
    expect(await kw.owners.pause("acme", { reason: "Unpaid invoice" })).toMatchObject({
      status: "paused",
      pause: { at: new Date(NOON), reason: "Unpaid invoice", by: "operator" },
    });
    const refused = await one.ask();
    expect(refused).toMatchObject({
      status: 401,
      problem: { code: "paused-api-key", title: "API key paused" },
    });
    expect(JSON.stringify(refused)).not.toMatch(/invoice/i);
    expect(codeOf(await other.ask())).toBe("admitted");
    // The keys themselves are active.
    expect(await kw.keys.get(one.key.id)).toMatchObject({ status: "active" });
    expect((await kw.quota(one.key)).remaining).toEqual({ daily: 100 });
    const resumed = await kw.owners.resume("acme");
    expect(resumed).toMatchObject({ status: "active" });
    expect(resumed).not.toHaveProperty("pause");
    expect(codeOf(await one.ask())).toBe("admitted");
    // A key that was paused itself stays paused.
    expect(codeOf(await paused.ask())).toBe("paused-api-key");
  });

  it("is active again at the end of the pause", async () => {
    const { kw, key, advance } = withClock({ plans });
    const { ask: request } = await key({ ownerId: "acme" });
    await kw.owners.pause("acme", { until: new Date(NOON + HOUR_MS) });
    expect(codeOf(await request())).toBe("paused-api-key");
    advance(HOUR_MS - 1);
    expect(codeOf(await request())).toBe("paused-api-key");
    expect(await kw.owners.get("acme")).toMatchObject({ status: "paused" });
    advance(1);
    expect(codeOf(await request())).toBe("admitted");
    expect(await kw.owners.get("acme")).toMatchObject({ status: "active" });
    // Nothing is left to resume.
    const { revision } = await kw.owners.resume("acme");
    expect(revision).toBe(2);
  });

  it("cannot be resumed by a customer where an operator paused it", async () => {
    const { kw, key } = withClock({ plans });
    const { ask: request } = await key({ ownerId: "acme" });
    const customer = { actor: "jane@acme.example", level: "owner" } as const;
    await kw.owners.pause("acme", { reason: "Fraud" });
    for (const attempt of [kw.owners.resume("acme", customer), kw.owners.pause("acme", {}, customer)]) {
      await expect(attempt).rejects.toMatchObject({ code: "not-permitted" });
    }
    expect(codeOf(await request())).toBe("paused-api-key");
    await kw.owners.resume("acme");
    expect(await kw.owners.pause("acme", {}, customer)).toMatchObject({ pause: { by: "owner" } });
    expect(await kw.owners.resume("acme", customer)).toMatchObject({ status: "active" });
  });
});
