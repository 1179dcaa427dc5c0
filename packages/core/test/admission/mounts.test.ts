import {
  createKeyward,
  memoryLimiter,
  type Decision,
  type KeywardOptions,
  type Limiter,
  type Limits,
} from "@keyward/core";
import { describe, expect, it } from "vitest";
import { codeOf, NOON } from "./set-up.ts";

const LIMITS: Limits = { rate: 10, burst: 10, daily: 100 };

async function setUp(limits: Limits, options: KeywardOptions = {}) {
  let now = NOON;
  const clock = () => now;
  const kw = createKeyward({
    plans: { default: limits },
    limiter: memoryLimiter({ clock }),
    clock,
    ...options,
  });
  const { key, secret } = await kw.keys.create({ name: "a" });
  const admit = (cost: number, previous?: Decision, scopes: readonly string[] = []) =>
    kw.admit({ header: () => secret.reveal(), secure: true, ip: "203.0.113.1", cost, scopes, previous });
  const usage = async () => {
    await kw.usage.flush();
    return kw.usage.query({ keyId: key.id, from: new Date(0), to: new Date(2e12), per: "day" });
  };
  return { kw, key, admit, usage, advance: (ms: number) => void (now += ms) };
}

describe("a request that passes several mounts", () => {
  it("is counted once, at the highest of their costs", async () => {
    const { kw, key, admit, usage } = await setUp(LIMITS);
    const outer = await admit(2);
    const inner = await admit(5, outer);
    expect(await admit(3, inner)).toBe(inner);
    expect(await admit(5, inner)).toBe(inner);
    expect(await admit(6, inner)).not.toBe(inner);
    expect((await kw.quota(key)).remaining).toEqual({ sustained: 4, burst: 4, daily: 94 });
    expect(await usage()).toMatchObject([{ admitted: 1, cost: 6 }]);
  });

  it("costs nothing if the last mount refuses its scopes, and takes nothing from other requests", async () => {
    const { kw, key, admit, usage, advance } = await setUp({ rate: 10, burst: 14, daily: 100 });
    const outer = await admit(6);
    advance(300);
    expect(codeOf(await admit(3))).toBe("admitted");
    const inner = await admit(10, outer);
    expect(codeOf(inner)).toBe("admitted");
    expect(codeOf(await admit(10, inner, ["not:there"]))).toBe("insufficient-scope");
    // Only the cost of the other request is left.
    expect((await kw.quota(key)).remaining).toEqual({ sustained: 10, burst: 11, daily: 97 });
    expect(await usage()).toMatchObject([
      { admitted: 1, cost: 3, refused: 1, refusedWith: { "insufficient-scope": 1 } },
    ]);
  });

  it("costs nothing if the last mount refuses its cost", async () => {
    const { kw, key, admit, usage } = await setUp(LIMITS);
    expect(codeOf(await admit(4))).toBe("admitted");
    const outer = await admit(4);
    expect(codeOf(await admit(7, outer))).toBe("rate-limit-exceeded");
    expect((await kw.quota(key)).remaining).toEqual({ sustained: 6, burst: 6, daily: 96 });
    expect(await usage()).toMatchObject([{ admitted: 1, cost: 4, refused: 1 }]);
  });

  it("takes back nothing that observe mode did not count", async () => {
    const { kw, key, admit } = await setUp({ rate: 5, burst: 5, daily: 100 }, { mode: "observe" });
    expect(codeOf(await admit(3))).toBe("admitted");
    const outer = await admit(6);
    const inner = await admit(8, outer);
    expect(codeOf(await admit(8, inner, ["not:there"]))).toBe("insufficient-scope");
    expect((await kw.quota(key)).remaining).toEqual({ sustained: 2, burst: 2, daily: 97 });
  });

  it("keeps its cost where the limiter cannot take it back", async () => {
    const memory = memoryLimiter();
    const limiter: Limiter = {
      consume: (subject, limits, cost) => memory.consume(subject, limits, cost),
      peek: (subject, limits) => memory.peek(subject, limits),
      reset: (subject) => memory.reset(subject),
      close: () => memory.close(),
    };
    const { kw, key, admit } = await setUp(LIMITS, { limiter });
    const outer = await admit(4);
    expect(codeOf(await admit(4, outer, ["not:there"]))).toBe("insufficient-scope");
    expect((await kw.quota(key)).remaining["daily"]).toBe(96);
  });
});
