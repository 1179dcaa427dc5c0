import { createKeyward, memoryLimiter, type Keyward, type Limiter, type PlanInput } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { ask, codeOf } from "../admission/set-up.ts";

/** A limiter with another clock than the server's, whose results are promises or not. */
function limiterOf(isAsync: boolean, hasGroups: boolean): Limiter {
  const memory = memoryLimiter();
  return {
    consume: (subject, limits, cost) =>
      isAsync ? (async () => memory.consume(subject, limits, cost))() : memory.consume(subject, limits, cost),
    ...(hasGroups && { consumeAll: async (charges) => memory.consumeAll(charges) }),
    peek: (subject, limits) => memory.peek(subject, limits),
    reset: (subject) => memory.reset(subject),
    close: async () => memory.close(),
  };
}

function setUp(limiter: Limiter, plans: Record<string, PlanInput>) {
  const kw: Keyward = createKeyward({ limiter, plans });
  /** The results of three requests with a new key. */
  const codes = async (input: { plan?: string; ownerId?: string }, costs: object = {}) => {
    const { secret } = await kw.keys.create({ name: "a", ...input });
    const results: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      results.push(codeOf(await ask(kw, { key: secret.reveal(), ...costs })));
    }
    return results;
  };
  return { kw, codes };
}

const ONE_OF_THREE = ["admitted", "rate-limit-exceeded", "rate-limit-exceeded"];

describe("a limiter of another kind", () => {
  it.each([
    ["values", false, false],
    ["promises", true, false],
    ["promises, and groups", true, true],
  ])("with %s admits a key up to its limits", async (_name, isAsync, hasGroups) => {
    const plans = { default: { daily: 1 }, free: "unlimited" } as const;
    const { kw, codes } = setUp(limiterOf(isAsync, hasGroups), plans);
    expect(await codes({})).toEqual(ONE_OF_THREE);
    expect(await codes({ plan: "free" })).toEqual(["admitted", "admitted", "admitted"]);
    await kw.close();
  });

  it("with groups admits an owner and a budget up to their limits", async () => {
    const shared = { daily: 9, owner: { daily: 1 }, budgets: { search: { daily: 1 } } };
    const { kw, codes } = setUp(limiterOf(true, true), { shared });
    await kw.owners.update("acme", { plan: "shared" });
    expect(await codes({ ownerId: "acme" })).toEqual(ONE_OF_THREE);
    await kw.owners.update("globex", { plan: "shared", limits: { daily: 9 } });
    expect(await codes({ ownerId: "globex" }, { budgets: { search: 1 } })).toEqual(ONE_OF_THREE);
    await kw.close();
  });

  it("without groups cannot serve plans with owner limits or budgets, which is an error at start", () => {
    for (const plan of [{ owner: { daily: 1 } }, { daily: 1, budgets: { search: { daily: 1 } } }]) {
      expect(() => createKeyward({ limiter: limiterOf(true, false), plans: { default: plan } })).toThrow(
        /limiter/,
      );
    }
  });
});
