import { ME_OPENAPI, memoryStore, type KeywardOptions, type Me } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { advisePace } from "../../src/me/pace.ts";
import { DAY_MS, NOON, withClock } from "../admission/set-up.ts";

const MINUTE_MS = 60_000;

function setUp(options: KeywardOptions = {}) {
  const clock = withClock(options);
  const read = async (raw: string) => {
    const response = await clock.kw.me({
      header: (name) => (name === "x-api-key" ? raw : undefined),
      secure: true,
      ip: "203.0.113.1",
      tag: "/me",
    });
    const body = JSON.parse(response.body) as Me & { readonly code?: string };
    return { status: response.status, body };
  };
  return { ...clock, read };
}

describe("kw.me", () => {
  it("returns the usage of today and of this month by tag", async () => {
    const { kw, key, read, advance } = setUp();
    const { key: record, raw, ask } = await key({ expiresAt: new Date(NOON + 40 * DAY_MS), scopes: ["a"] });
    await ask({ tag: "search", cost: 2 });
    advance(DAY_MS);
    await ask({ tag: "search" });
    await ask({});
    await kw.flush();
    const { status, body } = await read(raw);
    expect(status).toBe(200);
    expect(body.key).toEqual({
      id: record.id,
      name: "a",
      masked: record.masked,
      environment: "prod",
      scopes: ["a"],
      createdAt: new Date(NOON).toISOString(),
      expiresAt: new Date(NOON + 40 * DAY_MS).toISOString(),
      isRotated: false,
    });
    expect(body.usage?.today).toEqual({
      since: "2026-05-02T00:00:00.000Z",
      admitted: 2,
      cost: 2,
      refused: 0,
      refusedBy: {},
      tags: expect.arrayContaining([
        { admitted: 1, cost: 1, refused: 0 },
        { tag: "search", admitted: 1, cost: 1, refused: 0 },
      ]),
    });
    expect(body.usage?.month).toMatchObject({ since: "2026-05-01T00:00:00.000Z", admitted: 3, cost: 4 });
    expect(body).not.toHaveProperty("owner");
  });

  async function bodyOfOwnedKey(options: KeywardOptions): Promise<Me> {
    const plans = { default: { rate: 5, owner: { daily: 10 }, budgets: { search: { daily: 3 } } } };
    const { kw, key, read } = setUp({ plans, ...options });
    const [one, other] = [await key({ ownerId: "acme" }), await key({ ownerId: "acme" })];
    await one.ask();
    await other.ask({ budgets: { search: 1 } });
    await kw.flush();
    return (await read(one.raw)).body;
  }

  it("leaves out the owner's limits and usage", async () => {
    const body = await bodyOfOwnedKey({});
    expect(Object.keys(body.remaining)).toEqual(["sustained", "burst"]);
    expect(body.limits).toEqual({ rate: 5 });
    expect(body).not.toHaveProperty("owner");
  });

  it("includes the owner's limits and usage where the server says so", async () => {
    const body = await bodyOfOwnedKey({ me: { owner: true } });
    expect(Object.keys(body.remaining)).toEqual(["sustained", "burst"]);
    expect(body.owner).toMatchObject({
      id: "acme",
      limits: { owner: { daily: 10 }, budgets: { search: { daily: 3 } } },
      remaining: { "owner-daily": 8, "search-daily": 2 },
      usage: { today: { admitted: 2 } },
    });
  });

  it("sends the same body for a second, and no longer than a key keeps its settings", async () => {
    const store = memoryStore();
    let queries = 0;
    const counting = { ...store, queryUsage: (of: never) => (queries++, store.queryUsage(of)) };
    const { kw, key, read, advance } = setUp({ store: counting });
    const { key: record, raw } = await key();
    await read(raw);
    const after = queries;
    await Promise.all([read(raw), read(raw)]);
    advance(999);
    await read(raw);
    expect(queries).toBe(after);
    await kw.keys.update(record.id, { name: "b" });
    expect((await read(raw)).body.key.name).toBe("b");
    advance(1000);
    await read(raw);
    expect(queries).toBeGreaterThan(after);
  });

  it("leaves usage out while the store does not answer", async () => {
    const failures: unknown[] = [];
    const store = {
      ...memoryStore(),
      queryUsage() {
        throw new Error("down");
      },
    };
    const { key, read } = setUp({ store, events: { "store.failed": (event) => failures.push(event) } });
    const { status, body } = await read((await key()).raw);
    expect([status, body.usage]).toEqual([200, undefined]);
    expect(failures).toHaveLength(1);
  });

  it("says which of yesterday's refusals an even pace would have avoided", async () => {
    const { kw, key, read, advance } = setUp({ plans: { default: { rate: 1, burst: 5, daily: 20 } } });
    const { raw, ask } = await key();
    for (let times = 0; times < 12; times += 1) await ask();
    advance(MINUTE_MS);
    for (let times = 0; times < 5; times += 1) await ask();
    advance(DAY_MS);
    await kw.flush();
    expect((await read(raw)).body.usage?.yesterday).toEqual({
      day: "2026-05-01",
      refusedByPace: 7,
      avoidable: 7,
      requestsPerSecond: 0.2,
      refusedByQuota: 0,
    });
  });

  it("settles what an outer mount has charged to quotas", async () => {
    const { kw, key } = setUp({ plans: { default: { rate: 10, daily: 5 } } });
    const { key: record, ask, raw } = await key();
    const previous = await ask();
    const request = { header: () => raw, secure: true, ip: "203.0.113.1", previous };
    expect((await kw.me(request)).status).toBe(200);
    expect((await kw.quota(record)).remaining).toMatchObject({ daily: 5, burst: 9 });
  });

  it("counts a request that comes too early as refused, and not as admitted", async () => {
    const { kw, key, read } = setUp({ plans: { default: { rate: 1, burst: 2, daily: 5 } } });
    const { key: record, raw } = await key();
    const statuses = [await read(raw), await read(raw), await read(raw)].map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 429]);
    const day = { from: new Date(NOON), to: new Date(NOON + 1), per: "day" } as const;
    expect(await kw.usage.query({ keyId: record.id, ...day })).toMatchObject([
      { admitted: 2, cost: 0, refused: 1, refusedBy: { sustained: 1, burst: 1 } },
    ]);
  });

  it("describes what it returns in OpenAPI", async () => {
    const { key, read } = setUp({ me: { owner: true } });
    const { body } = await read((await key({ ownerId: "acme" })).raw);
    const { properties, required } = ME_OPENAPI.get.responses[200].content["application/json"].schema;
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(body)));
    expect(Object.keys(body)).toEqual(expect.arrayContaining([...required]));
    expect(Object.keys(properties.key.properties)).toEqual(expect.arrayContaining(Object.keys(body.key)));
  });
});

describe("the pace that would have avoided refusals", () => {
  const minute = (admitted: number, refusedBy: Record<string, number>) => ({
    admitted,
    cost: admitted,
    refused: 0,
    refusedBy,
    refusedWith: {},
    observed: 0,
    busiestSecond: 0,
  });

  it("is absent for a day without refusals", () => {
    expect(advisePace("2026-05-01", [minute(100, {})], { rate: 1 })).toBeUndefined();
  });

  it("leaves out minutes in which more was asked for than the rate allows", () => {
    const minutes = [minute(60, { sustained: 1 }), minute(30, { burst: 30, sustained: 10 })];
    expect(advisePace("2026-05-01", minutes, { rate: 1 })).toMatchObject({
      refusedByPace: 31,
      avoidable: 30,
      requestsPerSecond: 1,
    });
  });

  it("counts refusals of quotas and of owners apart", () => {
    const minutes = [minute(10, { daily: 3, "owner-monthly": 5, "owner-burst": 7 })];
    expect(advisePace("2026-05-01", minutes, { rate: 60, per: "minute" })).toMatchObject({
      refusedByPace: 0,
      refusedByQuota: 5,
    });
  });

  it("is worked out for rates per minute and per hour", () => {
    const minutes = [minute(20, { sustained: 10 })];
    expect(advisePace("d", minutes, { rate: 30, per: "minute" })).toMatchObject({ avoidable: 10 });
    expect(advisePace("d", minutes, { rate: 1799, per: "hour" })).toMatchObject({ avoidable: 0 });
  });
});
