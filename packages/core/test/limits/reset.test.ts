import { describe, expect, it } from "vitest";
import { codeOf, NOON, withClock } from "../admission/set-up.ts";

const plans = {
  default: {
    rate: 5,
    daily: 10,
    owner: { weekly: 30 },
    budgets: { search: { hourly: 4 }, export: { daily: 2 } },
  },
  other: { monthly: 5 },
};
const full = {
  sustained: 5,
  burst: 5,
  daily: 10,
  "owner-weekly": 30,
  "search-hourly": 4,
  "export-daily": 2,
};

describe("limits.reset", () => {
  it("clears the count of a key line, and not that of its owner or of other keys", async () => {
    const { kw, key } = withClock({ plans });
    const [one, other] = [await key({ ownerId: "acme" }), await key({ ownerId: "acme" })];
    await one.ask({ cost: 5, budgets: { search: 1 } });
    await other.ask({ cost: 4 });
    const successor = await kw.keys.rotate(one.key.id);
    await kw.limits.reset(successor.key.id);
    const ofOwner = { "owner-weekly": 21, "search-hourly": 3 };
    expect((await kw.quota(one.key)).remaining).toEqual({ ...full, ...ofOwner });
    expect((await kw.quota(other.key)).remaining).toMatchObject({ burst: 1, daily: 6, ...ofOwner });
    expect(codeOf(await one.ask({ cost: 5 }))).toBe("admitted");
  });

  it("clears the counts of an owner and its budgets, and not those of its key lines", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record, ask: request } = await key({ ownerId: "acme" });
    const other = await key({ ownerId: "globex" });
    for (const { ask: each } of [{ ask: request }, other])
      await each({ cost: 5, budgets: { search: 4, export: 1 } });
    await kw.limits.reset({ ownerId: "acme" });
    expect((await kw.quota(record)).remaining).toEqual({ ...full, sustained: 0, burst: 0, daily: 5 });
    expect((await kw.quota(other.key)).remaining).toMatchObject({ "owner-weekly": 25, "search-hourly": 0 });
  });

  it("clears everything that a key without an owner is counted by", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record, ask: request } = await key();
    await request({ cost: 5, budgets: { search: 4, export: 2 } });
    await kw.limits.reset(record.id);
    expect((await kw.quota(record)).remaining).toEqual(full);
  });

  it("clears counts of limits that the key does not have now", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record, ask: request } = await key({ ownerId: "acme", plan: "other" });
    await request({ cost: 5 });
    await kw.keys.update(record.id, { plan: null });
    await kw.limits.reset(record.id);
    await kw.keys.update(record.id, { plan: "other" });
    expect((await kw.quota(record)).remaining).toMatchObject({ monthly: 5 });
  });

  it("is audited and emitted, with the subjects that other processes forget", async () => {
    const { kw, key } = withClock({ plans });
    const events: object[] = [];
    kw.events.on("limits.reset", (event) => events.push(event));
    const [owned, alone] = [await key({ ownerId: "acme" }), await key()];
    const by = { actor: "ada@example.com", address: "203.0.113.9" };
    await kw.limits.reset(owned.key.id, by);
    await kw.limits.reset({ ownerId: "acme" }, by);
    await kw.limits.reset(alone.key.id);
    const [ownedId, aloneId] = [owned.key.id, alone.key.id];
    expect(events).toEqual([{ keyId: ownedId, ownerId: "acme" }, { ownerId: "acme" }, { keyId: aloneId }]);
    const audit = (await kw.audit.list()).events
      .filter(({ action }) => action === "limits.reset")
      .toReversed();
    expect(audit).toMatchObject([
      {
        at: new Date(NOON),
        keyId: ownedId,
        ownerId: "acme",
        actor: "ada@example.com",
        address: "203.0.113.9",
        details: { subjects: [`o:acme|k:${ownedId}`] },
      },
      { ownerId: "acme", details: { subjects: ["o:acme", "o:acme|b:search", "o:acme|b:export"] } },
      {
        keyId: aloneId,
        actor: "system",
        details: {
          subjects: [`k:${aloneId}`, `k:${aloneId}|o`, `k:${aloneId}|b:search`, `k:${aloneId}|b:export`],
        },
      },
    ]);
    expect(audit[1]).not.toHaveProperty("keyId");
  });

  it("rejects unknown keys and invalid targets, and clears nothing", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record, ask: request } = await key({ ownerId: "acme" });
    await request({ cost: 5 });
    for (const target of ["key_0", "", undefined, null, 7]) {
      await expect(kw.limits.reset(target as string)).rejects.toMatchObject({ code: "key-not-found" });
    }
    for (const target of [{}, { ownerId: "" }, { ownerId: 7 }, []]) {
      await expect(kw.limits.reset(target as { ownerId: string })).rejects.toMatchObject({
        code: "invalid-input",
        field: "ownerId",
      });
    }
    await expect(kw.limits.reset(record.id, { actor: "" })).rejects.toMatchObject({ field: "actor" });
    expect((await kw.quota(record)).remaining).toMatchObject({ daily: 5, "owner-weekly": 25 });
    expect((await kw.audit.list()).events).toHaveLength(1);
  });
});

describe("quota", () => {
  it("is plain JSON of the effective limits and the remaining requests, and counts nothing", async () => {
    const { kw, key } = withClock({ plans });
    const { key: record, ask: request } = await key({ ownerId: "acme", limits: { daily: 8, monthly: 40 } });
    await request({ cost: 2, budgets: { search: 1 } });
    const hour = 3_600_000;
    const expected = {
      limits: {
        rate: 5,
        daily: 8,
        monthly: 40,
        owner: { weekly: 30 },
        budgets: { search: { hourly: 4 }, export: { daily: 2 } },
      },
      remaining: {
        sustained: 3,
        burst: 3,
        daily: 6,
        monthly: 38,
        "owner-weekly": 28,
        "search-hourly": 3,
        "export-daily": 2,
      },
      resetMs: {
        sustained: 400,
        burst: 1000,
        daily: 12 * hour,
        monthly: Date.UTC(2026, 5, 1) - NOON,
        "owner-weekly": Date.UTC(2026, 4, 4) - NOON,
        "search-hourly": hour,
        "export-daily": 12 * hour,
      },
    };
    for (let times = 0; times < 3; times += 1) {
      const quota = await kw.quota(record);
      expect(quota).toEqual(expected);
      expect(JSON.parse(JSON.stringify(quota))).toEqual(expected);
    }
  });

  it("rejects for a key that does not exist", async () => {
    const { kw } = withClock({ plans });
    await expect(kw.quota({ id: "key_0" })).rejects.toMatchObject({
      code: "key-not-found",
      message: 'There is no key with the id "key_0".',
    });
  });
});
