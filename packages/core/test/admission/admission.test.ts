import { createKeyward, memoryLimiter, memoryStore, type Decision, type Limiter } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { ask, withKey } from "./set-up.ts";
import { SECRET } from "../secrets.ts";

describe("events", () => {
  it("report admitted and refused requests with the key's record, and never the raw key", async () => {
    const { kw, key, raw } = await withKey({ plans: { default: { rate: 1, burst: 1, daily: 1 } } });
    const events: unknown[] = [];
    kw.events.on("admitted", (event) => events.push(["admitted", event]));
    const stop = kw.events.on("refused", (event) => events.push(["refused", event]));
    await ask(kw, { key: raw });
    await ask(kw, { key: raw });
    await ask(kw, { key: `${raw}!` });
    stop();
    await ask(kw, { key: raw });
    expect(events).toEqual([
      [
        "admitted",
        {
          key: expect.objectContaining({ id: key.id }),
          plan: "default",
          cost: 1,
          observed: [],
          ip: "203.0.113.1",
          limits: { sustained: 1, burst: 1, daily: 1 },
          remaining: { sustained: 0, burst: 0, daily: 0 },
          resetMs: { sustained: 1000, burst: 1000, daily: expect.any(Number) },
        },
      ],
      [
        "refused",
        {
          code: "rate-limit-exceeded",
          status: 429,
          ip: "203.0.113.1",
          key: expect.objectContaining({ id: key.id }),
          violated: ["sustained", "burst", "daily"],
        },
      ],
      ["refused", { code: "invalid-api-key", status: 401, ip: "203.0.113.1", violated: [] }],
    ]);
    expect(JSON.stringify(events)).not.toContain(raw);
  });

  it("report the address in its normal form, and an unknown address as empty", async () => {
    const { kw, raw } = await withKey();
    const addresses: string[] = [];
    kw.events.on("admitted", ({ ip }) => addresses.push(ip));
    kw.events.on("refused", ({ ip }) => addresses.push(ip));
    for (const ip of ["::ffff:203.0.113.9", "2001:DB8:0:0::1", "unix"]) {
      await ask(kw, { key: raw, ip });
      await ask(kw, { ip });
    }
    expect(addresses).toEqual(["203.0.113.9", "203.0.113.9", "2001:db8::1", "2001:db8::1", "", ""]);
  });

  it("continue after a listener that throws, which causes a warning", async () => {
    const { kw, raw } = await withKey();
    kw.events.on("admitted", () => {
      throw new Error("listener");
    });
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    expect(await ask(kw, { key: raw })).toMatchObject({ admitted: true });
    expect((await warned).message).toMatch(/listener of "admitted" threw/);
  });
});

describe("mistakes of the caller", () => {
  it("throws for a cost that is not a whole number, and counts nothing", async () => {
    const { kw, key, raw } = await withKey();
    await ask(kw, { key: raw });
    for (const cost of [-1, 0.5, Number.NaN, Infinity, "3" as unknown as number]) {
      await expect(async () => ask(kw, { key: raw, cost })).rejects.toMatchObject({
        code: "invalid-input",
        field: "cost",
        message: `cost must be a whole number, 0 or more; got ${String(cost)}.`,
      });
    }
    expect((await kw.quota(key)).remaining["daily"]).toBe(1999);
  });

  it("applies the default plan to a key whose plan the server lost, and reports it", async () => {
    const store = memoryStore();
    const before = createKeyward({
      secret: SECRET,
      store,
      plans: { gold: { rate: 9, burst: 9, daily: 9 } },
    });
    const { key, secret } = await before.keys.create({ name: "a", plan: "gold" });
    const unknown: unknown[] = [];
    const after = createKeyward({
      secret: SECRET,
      store,
      events: { "plan.unknown": (event) => unknown.push(event) },
    });
    const decision = await ask(after, { key: secret.reveal() });
    expect(decision.headers["RateLimit-Policy"]).toContain("q=2000");
    expect(decision.admitted && decision.plan).toBe("default");
    expect(unknown).toEqual([{ keyId: key.id, plan: "gold" }]);
  });

  it("ignores the earlier decision of another server, or a forged one", async () => {
    const { kw, raw } = await withKey();
    const other = await withKey();
    const previous = await ask(other.kw, { key: other.raw });
    expect(await ask(kw, { previous })).toMatchObject({ admitted: false });
    expect(await ask(kw, { key: raw, previous })).toMatchObject({ admitted: true, key: { name: "a" } });
    const forged = {
      admitted: true,
      key: previous.admitted ? previous.key : undefined,
      plan: "default",
      headers: {},
      settle() {},
    } as Decision;
    expect(await ask(kw, { previous: forged })).toMatchObject({ admitted: false });
  });
});

describe("a limiter that returns promises", () => {
  const memory = memoryLimiter();
  const limiterOf = (consume: Limiter["consume"]): Limiter => ({
    consume,
    peek: (subject, limits) => memory.peek(subject, limits),
    reset: (subject) => memory.reset(subject),
    async close() {},
  });

  it("is awaited, and its failure is reported and gets 503", async () => {
    const failures: unknown[] = [];
    const events = { "limiter.failed": ({ error }: { error: unknown }) => void failures.push(error) };
    const good = limiterOf(async (subject, limits, cost) => memory.consume(subject, limits, cost));
    const { kw, raw } = await withKey({ limiter: good, events });
    expect(await ask(kw, { key: raw })).toMatchObject({ admitted: true });

    for (const consume of [
      () => Promise.reject(new Error("gone")),
      () => {
        throw new Error("gone");
      },
    ]) {
      const bad = await withKey({ limiter: limiterOf(consume), events });
      expect(await ask(bad.kw, { key: bad.raw })).toMatchObject({
        status: 503,
        problem: { code: "limiter-unavailable" },
        headers: { "Retry-After": "1" },
      });
    }
    expect(failures).toEqual([new Error("gone"), new Error("gone")]);
  });

  it("refuses no request when it fails in observe mode", async () => {
    const failing = limiterOf(() => Promise.reject(new Error("gone")));
    const { kw, key, raw } = await withKey({ limiter: failing, mode: "observe" });
    const decision = await ask(kw, { key: raw });
    expect(decision).toMatchObject({ admitted: true, headers: {} });
    if (decision.admitted) await decision.settle({ cost: 5 });
    const day = { from: new Date(0), to: new Date(Date.now() + 1), per: "day" } as const;
    expect(await kw.usage.query({ keyId: key.id, ...day })).toMatchObject([{ admitted: 1, observed: 0 }]);
  });
});
