import {
  createKeyward,
  memoryLimiter,
  type Decision,
  type KeywardOptions,
  type Limiter,
  type Limits,
} from "@keyward/core";
import { describe, expect, it } from "vitest";

const LIMITS: Limits = { rate: 10, burst: 10, daily: 100 };

async function setUp(limits: Limits, options: KeywardOptions = {}) {
  let now = Date.UTC(2026, 4, 1, 12);
  const clock = () => now;
  const kw = createKeyward({
    plans: { default: limits },
    limiter: memoryLimiter({ clock }),
    clock,
    ...options,
  });
  const { key, secret } = await kw.keys.create({ name: "a" });
  const ask = (cost: number, previous?: Decision, scopes: readonly string[] = []) =>
    kw.admit({ header: () => secret.reveal(), secure: true, ip: "203.0.113.1", cost, scopes, previous });
  const codeOf = (decision: Decision) => (decision.admitted ? "admitted" : decision.problem.code);
  return { kw, key, ask, codeOf, advance: (ms: number) => void (now += ms) };
}

describe("a request that goes through several mounts", () => {
  it("is counted once, at the highest of their costs", async () => {
    const { kw, key, ask } = await setUp(LIMITS);
    const outer = await ask(2);
    const inner = await ask(5, outer);
    expect(await ask(3, inner)).toBe(inner);
    expect(await ask(5, inner)).toBe(inner);
    expect(await ask(6, inner)).not.toBe(inner);
    expect((await kw.quota(key)).remaining).toEqual({ sustained: 4, burst: 4, daily: 94 });
    await kw.usage.flush();
    const [row] = await kw.usage.query({ keyId: key.id, from: new Date(0), to: new Date(2e12), per: "day" });
    expect(row).toMatchObject({ admitted: 1 });
  });

  it("and is refused by the last has cost nothing, whenever the others counted it, and takes nothing from others", async () => {
    const { kw, key, ask, codeOf, advance } = await setUp({ rate: 10, burst: 14, daily: 100 });
    const outer = await ask(6);
    advance(300);
    expect(codeOf(await ask(3))).toBe("admitted");
    const inner = await ask(10, outer);
    expect(codeOf(inner)).toBe("admitted");
    expect(codeOf(await ask(10, inner, ["not:there"]))).toBe("insufficient-scope");
    // The other request's 3 are all that is left.
    expect((await kw.quota(key)).remaining).toEqual({ sustained: 10, burst: 11, daily: 97 });
  });

  it("and is refused by an inner mount's cost has cost nothing", async () => {
    const { kw, key, ask, codeOf } = await setUp(LIMITS);
    expect(codeOf(await ask(4))).toBe("admitted");
    const outer = await ask(4);
    expect(codeOf(await ask(7, outer))).toBe("rate-limit-exceeded");
    expect((await kw.quota(key)).remaining).toEqual({ sustained: 6, burst: 6, daily: 96 });
    await kw.usage.flush();
    const rows = await kw.usage.query({ keyId: key.id, from: new Date(0), to: new Date(2e12), per: "day" });
    expect(rows).toMatchObject([{ admitted: 1, cost: 4, refused: 1 }]);
  });

  it("gives back only what was counted: nothing of what was only observed to be over its limits", async () => {
    const { kw, key, ask, codeOf } = await setUp({ rate: 5, burst: 5, daily: 100 }, { mode: "observe" });
    expect(codeOf(await ask(3))).toBe("admitted");
    const outer = await ask(6);
    const inner = await ask(8, outer);
    expect(codeOf(await ask(8, inner, ["not:there"]))).toBe("insufficient-scope");
    expect((await kw.quota(key)).remaining).toEqual({ sustained: 2, burst: 2, daily: 97 });
  });

  it("costs what it cost where the limiter cannot give back", async () => {
    const counting = memoryLimiter();
    const limiter: Limiter = {
      consume: (...given) => counting.consume(...given),
      peek: (...given) => counting.peek(...given),
      reset: (subject) => counting.reset(subject),
      close: () => counting.close(),
    };
    const { kw, key, ask, codeOf } = await setUp(LIMITS, { limiter });
    const outer = await ask(4);
    expect(codeOf(await ask(4, outer, ["not:there"]))).toBe("insufficient-scope");
    expect((await kw.quota(key)).remaining.daily).toBe(96);
  });
});
