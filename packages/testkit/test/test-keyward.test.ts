import { testKeyward, type KeyRefusal } from "@keyward/testkit";
import type { AdmissionRequest, Decision, Keyward, Policy } from "@keyward/core";
import { afterEach, describe, expect, it } from "vitest";

const test = testKeyward();

function admit(raw: string, kw: Keyward = test.kw, more: Partial<AdmissionRequest> = {}): Promise<Decision> {
  return Promise.resolve(
    kw.admit({
      header: (name) => (name === "x-api-key" ? raw : undefined),
      secure: false,
      ip: "192.0.2.1",
      ...more,
    }),
  );
}

const refusalOf = async (raw: string, scopes: string[] = []) => {
  const decision = await admit(raw, test.kw, { scopes });
  return decision.admitted ? undefined : decision.problem;
};

afterEach(() => test.clock.advance(86_400_000));

it("creates keys that are admitted, with the given scopes", async () => {
  const { raw } = await test.key({ scopes: ["read"] });
  expect(await refusalOf(raw, ["read"])).toBeUndefined();
});

describe("exhaust", () => {
  it.each<Policy>(["sustained", "burst", "daily"])(
    "exhausts %s until Retry-After has passed",
    async (policy) => {
      const key = await test.key();
      await test.exhaust(key, policy);
      const decision = await admit(key.raw);
      expect(!decision.admitted && decision.problem["violated-policies"]).toContain(policy);
      test.clock.advance(Number(decision.headers["Retry-After"]) * 1000);
      expect(await refusalOf(key.raw)).toBeUndefined();
    },
  );

  it.each<Policy>(["hourly", "monthly", "owner-sustained", "owner-weekly", "search-burst", "search-daily"])(
    "exhausts %s of a plan that has it, and no other policy",
    async (policy) => {
      const quotas = { timeZone: "Asia/Kathmandu", monthStartsOn: 15 };
      const team = testKeyward({
        plans: {
          default: {
            hourly: 10,
            monthly: 30,
            ...quotas,
            owner: { rate: 3, per: "minute", weekly: 50 },
            budgets: { search: { rate: 2, burst: 4, daily: 9, timeZone: "Asia/Kathmandu" } },
          },
        },
      });
      const [one, other] = [await team.key({ ownerId: "acme" }), await team.key({ ownerId: "acme" })];
      await team.exhaust(one, policy);
      const request = { budgets: { search: 1 } };
      const decision = await admit(one.raw, team.kw, request);
      const violated = decision.admitted ? [] : decision.problem["violated-policies"];
      // A burst cannot be exhausted without the rate, nor an owner's rate without its burst.
      const [subject = ""] = /^(?:owner-|search-)?/.exec(policy) ?? [];
      const isPace = /(?:sustained|burst)$/.test(policy);
      expect(violated).toEqual(isPace ? [`${subject}sustained`, `${subject}burst`] : [policy]);
      // Owner limits and budgets are shared by the keys of the owner.
      expect((await admit(other.raw, team.kw, request)).admitted).toBe(subject === "");
      team.clock.advance(Number(decision.headers["Retry-After"]) * 1000);
      expect((await admit(one.raw, team.kw, request)).admitted).toBe(true);
      await team.close();
    },
  );

  it("explains that a policy cannot be reached or does not exist", async () => {
    const key = await test.key({ limits: { rate: 1, burst: 5, daily: 3 } });
    await expect(test.exhaust(key, "burst")).rejects.toThrow(
      "The limit burst cannot be exhausted: daily refuses requests before.",
    );
    await expect(test.exhaust(key.key, "owner-daily")).rejects.toThrow(
      "The key has no limit owner-daily; it has sustained, burst, daily.",
    );
  });
});

describe("refusedKey", () => {
  it.each<KeyRefusal>([
    "invalid-api-key",
    "revoked-api-key",
    "expired-api-key",
    "paused-api-key",
    "wrong-environment",
    "address-not-allowed",
    "insufficient-scope",
    "rate-limit-exceeded",
    "key-store-unavailable",
    "limiter-unavailable",
  ])("creates a key that is refused with %s, and records the refusal", async (code) => {
    const raw = await test.refusedKey(code);
    const problem = await refusalOf(raw, code === "insufficient-scope" ? ["reports:write"] : []);
    expect(problem?.code).toBe(code);
    expect(test.refusals.at(-1)).toBe(code);
  });

  it.each([
    [{ rate: 5 }, ["sustained", "burst"]],
    [{ hourly: 5, weekly: 9 }, ["weekly"]],
    [{ owner: { monthly: 5 } }, ["owner-monthly"]],
  ])("exceeds the limits of the default plan, whichever it has: %j", async (plan, violated) => {
    const other = testKeyward({ plans: { default: plan } });
    const decision = await admit(await other.refusedKey("rate-limit-exceeded"), other.kw);
    expect(decision).toMatchObject({ problem: { "violated-policies": violated } });
    await other.close();
  });

  it("explains that the default plan refuses nothing", async () => {
    const other = testKeyward({ plans: { default: "unlimited" } });
    await expect(other.refusedKey("rate-limit-exceeded")).rejects.toThrow(
      /neither keys nor owners are limited/,
    );
    await other.close();
  });
});
