import { describe, expect, it } from "vitest";
import { ask, codeOf, HOUR_MS, NOON, withClock } from "../admission/set-up.ts";

describe("a paused key", () => {
  it("is refused at once, without the reason, and admitted again when it is resumed", async () => {
    const { kw, key } = withClock();
    const { key: record, ask: request } = await key();
    expect(codeOf(await request())).toBe("admitted");
    expect(await kw.keys.pause(record.id, { reason: "Reported as leaked" })).toMatchObject({
      status: "paused",
      pause: { at: new Date(NOON), reason: "Reported as leaked", by: "operator" },
      revision: 2,
    });
    const refused = await request();
    expect(refused).toMatchObject({
      status: 401,
      problem: {
        type: "urn:keyward:problem:paused-api-key",
        title: "API key paused",
        detail: "This key is paused. Contact the provider of this API.",
      },
      headers: { "WWW-Authenticate": 'ApiKey realm="api", header="x-api-key"' },
    });
    expect(JSON.stringify(refused)).not.toMatch(/leaked/);
    expect((await kw.quota(record)).remaining["daily"]).toBe(1999);
    const resumed = await kw.keys.resume(record.id);
    expect(resumed).toMatchObject({ status: "active", revision: 3 });
    expect(resumed).not.toHaveProperty("pause");
    expect(codeOf(await request())).toBe("admitted");
  });

  it("is distinguished from a forged key", async () => {
    const { kw, key } = withClock();
    const { key: record, raw } = await key();
    await kw.keys.pause(record.id);
    const forged = `${raw.slice(0, -1)}${raw.endsWith("a") ? "b" : "a"}`;
    expect(codeOf(await ask(kw, { key: forged }))).toBe("invalid-api-key");
  });

  it("is active again at the end of the pause, to the millisecond", async () => {
    const { kw, key, advance } = withClock();
    const { key: record, ask: request } = await key();
    await kw.keys.pause(record.id, { until: new Date(NOON + 1000) });
    expect(await kw.keys.get(record.id)).toMatchObject({ pause: { until: new Date(NOON + 1000) } });
    advance(999);
    expect(codeOf(await request())).toBe("paused-api-key");
    advance(1);
    expect(codeOf(await request())).toBe("admitted");
    const active = await kw.keys.get(record.id);
    expect(active).toMatchObject({ status: "active" });
    expect(active).not.toHaveProperty("pause");
    // Nothing is left to resume.
    expect((await kw.keys.resume(record.id)).revision).toBe(2);
  });

  it("can be paused again, which replaces the pause", async () => {
    const { kw, key, advance } = withClock();
    const { key: record } = await key();
    await kw.keys.pause(record.id, { reason: "first", until: new Date(NOON + HOUR_MS) });
    advance(1000);
    expect((await kw.keys.pause(record.id)).pause).toEqual({ at: new Date(NOON + 1000), by: "operator" });
  });

  it("is refused as revoked or expired where it is that too", async () => {
    const { kw, key, advance } = withClock();
    const [revoked, expiring] = [await key(), await key({ expiresAt: new Date(NOON + 1000) })];
    for (const each of [revoked, expiring]) await kw.keys.pause(each.key.id);
    await kw.keys.revoke(revoked.key.id);
    expect(codeOf(await revoked.ask())).toBe("revoked-api-key");
    expect(codeOf(await expiring.ask())).toBe("paused-api-key");
    advance(1000);
    expect(codeOf(await expiring.ask())).toBe("expired-api-key");
    expect(await kw.keys.get(expiring.key.id)).toMatchObject({ status: "expired" });
  });

  it("can still be changed and revoked", async () => {
    const { kw, key } = withClock();
    const { key: record } = await key();
    await kw.keys.pause(record.id);
    expect(await kw.keys.update(record.id, { name: "b" })).toMatchObject({ name: "b", status: "paused" });
    expect(await kw.keys.revoke(record.id)).toMatchObject({ status: "revoked" });
  });

  it("cannot be resumed by a customer where an operator paused it", async () => {
    const { kw, key } = withClock();
    const { key: record, ask: request } = await key({ ownerId: "acme" });
    const customer = { actor: "jane@acme.example", level: "owner" } as const;
    await kw.keys.pause(record.id);
    await expect(kw.keys.resume(record.id, customer)).rejects.toMatchObject({
      code: "not-permitted",
      message: "The pause was set by an operator, and only an operator can change it.",
    });
    await expect(kw.keys.pause(record.id, { until: new Date(NOON + 1) }, customer)).rejects.toMatchObject({
      code: "not-permitted",
    });
    expect(codeOf(await request())).toBe("paused-api-key");
    await kw.keys.resume(record.id);
    await kw.keys.pause(record.id, {}, customer);
    expect(await kw.keys.resume(record.id, customer)).toMatchObject({ status: "active" });
  });

  it("is paused and resumed only at the revision that the call is meant for", async () => {
    const { kw, key } = withClock();
    const { key: record } = await key();
    await kw.keys.update(record.id, { name: "b" });
    await expect(kw.keys.pause(record.id, { ifRevision: 1 })).rejects.toMatchObject({ code: "key-changed" });
    expect(await kw.keys.pause(record.id, { ifRevision: 2 })).toMatchObject({
      status: "paused",
      revision: 3,
    });
    for (const call of [kw.keys.pause("key_0"), kw.keys.resume("key_0")]) {
      await expect(call).rejects.toMatchObject({ code: "key-not-found" });
    }
  });
});
