import { createKeyward, memoryLimiter, memoryStore, type Decision, type Limiter } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { ask, withKey } from "./set-up.ts";

describe("events", () => {
  it("tell of admitted and refused requests with the record of the key, and nothing of the raw key", async () => {
    const { kw, key, raw } = await withKey({ plans: { default: { rate: 1, burst: 1, daily: 1 } } });
    const heard: unknown[] = [];
    kw.events.on("admitted", (event) => heard.push(["admitted", event]));
    const stop = kw.events.on("refused", (event) => heard.push(["refused", event]));
    await ask(kw, { key: raw });
    await ask(kw, { key: raw });
    await ask(kw, { key: `${raw}!` });
    stop();
    await ask(kw, { key: raw });
    expect(heard).toEqual([
      [
        "admitted",
        {
          key: expect.objectContaining({ id: key.id }),
          cost: 1,
          observed: [],
          ip: "203.0.113.1",
          limits: { rate: 1, burst: 1, daily: 1 },
          remaining: { sustained: 0, burst: 0, daily: 0 },
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
    expect(JSON.stringify(heard)).not.toContain(raw);
  });

  it("a listener that throws harms no request, and is warned of", async () => {
    const { kw, raw } = await withKey();
    kw.events.on("admitted", () => {
      throw new Error("listener");
    });
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    expect(await ask(kw, { key: raw })).toMatchObject({ admitted: true });
    expect((await warned).message).toMatch(/listener of "admitted" threw/);
  });
});

describe("what a caller can get wrong", () => {
  it("a cost that is no whole number is an error, and counts nothing", async () => {
    const { kw, key, raw } = await withKey();
    await ask(kw, { key: raw });
    for (const cost of [-1, 0.5, Number.NaN, Infinity, "3" as unknown as number]) {
      await expect(async () => ask(kw, { key: raw, cost })).rejects.toMatchObject({
        code: "invalid-input",
        message: expect.stringMatching(/cost: got .*, wants a whole number/),
      });
    }
    expect((await kw.quota(key)).remaining.daily).toBe(1999);
  });

  it("a plan that the server lost falls back to the default, and says so", async () => {
    const store = memoryStore();
    const before = createKeyward({
      secret: "x".repeat(32),
      store,
      plans: { gold: { rate: 9, burst: 9, daily: 9 } },
    });
    const { key, secret } = await before.keys.create({ name: "a", plan: "gold" });
    const told: unknown[] = [];
    const after = createKeyward({
      secret: "x".repeat(32),
      store,
      events: { "plan.unknown": (event) => told.push(event) },
    });
    const decision = await ask(after, { key: secret.reveal() });
    expect(decision.headers["RateLimit-Policy"]).toContain("q=2000");
    expect(told).toEqual([{ keyId: key.id, plan: "gold" }]);
  });

  it("a decision of another server's is not taken for this one's", async () => {
    const { kw, raw } = await withKey();
    const other = await withKey();
    const previous = await ask(other.kw, { key: other.raw });
    expect(await ask(kw, { key: undefined as unknown as string, previous })).toMatchObject({
      admitted: false,
    });
    expect(await ask(kw, { key: raw, previous })).toMatchObject({ admitted: true, key: { name: "a" } });
    const forged = {
      admitted: true,
      key: previous.admitted ? previous.key : undefined,
      headers: {},
    } as Decision;
    expect(await ask(kw, { previous: forged })).toMatchObject({ admitted: false });
  });
});

describe("a limiter that answers later", () => {
  const answer = memoryLimiter();
  const limiterOf = (consume: Limiter["consume"]): Limiter => ({
    consume,
    peek: (...given) => answer.peek(...given),
    reset: (subject) => answer.reset(subject),
    async close() {},
  });

  it("is waited for, and its failure is told and answered with 503", async () => {
    const failures: unknown[] = [];
    const events = { "limiter.failed": ({ error }: { error: unknown }) => void failures.push(error) };
    const good = limiterOf(async (...given) => answer.consume(...given));
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
});
