import { testKeyward, type KeyRefusal } from "@keyward/testkit";
import type { Decision, Keyward, Policy } from "@keyward/core";
import { afterEach, expect, it } from "vitest";

const test = testKeyward();

function ask(raw: string, kw: Keyward = test.kw, scopes: string[] = []): Promise<Decision> {
  return Promise.resolve(
    kw.admit({
      header: (name) => (name === "x-api-key" ? raw : undefined),
      secure: false,
      ip: "192.0.2.1",
      scopes,
    }),
  );
}

const refusalOf = async (raw: string, scopes?: string[]) => {
  const decision = await ask(raw, test.kw, scopes);
  return decision.admitted ? undefined : decision.problem;
};

afterEach(() => test.clock.advance(86_400_000));

it("makes keys that are admitted, with the scopes that were asked for", async () => {
  const { raw } = await test.key({ scopes: ["read"] });
  expect(await refusalOf(raw, ["read"])).toBeUndefined();
});

it.each<Policy>(["sustained", "burst", "daily"])(
  "exhausts %s, until its own time has passed",
  async (policy) => {
    const key = await test.key();
    await test.exhaust(key, policy);
    const decision = await ask(key.raw);
    expect(!decision.admitted && decision.problem["violated-policies"]).toContain(policy);
    test.clock.advance(Number(decision.headers["Retry-After"]) * 1000);
    expect(await refusalOf(key.raw)).toBeUndefined();
  },
);

it("exhausts what an owner's keys share, where the plan counts by owner", async () => {
  const team = testKeyward({ plans: { default: { rate: 1, burst: 2, daily: 3, countBy: "owner" } } });
  const [one, other] = [await team.key({ ownerId: "acme" }), await team.key({ ownerId: "acme" })];
  await team.exhaust(one.key, "daily");
  expect((await ask(other.raw, team.kw)).admitted).toBe(false);
  await team.close();
});

it("says so where a policy cannot be reached", async () => {
  const key = await test.key({ limits: { rate: 1, burst: 5, daily: 3 } });
  await expect(test.exhaust(key, "burst")).rejects.toThrow(
    /burst limit cannot be exhausted: .* daily before/,
  );
});

it.each<KeyRefusal>([
  "invalid-api-key",
  "revoked-api-key",
  "expired-api-key",
  "wrong-environment",
  "insufficient-scope",
  "rate-limit-exceeded",
  "key-store-unavailable",
  "limiter-unavailable",
])("makes a key that is refused as %s, and tells of it", async (code) => {
  const raw = await test.refusedKey(code);
  const problem = await refusalOf(raw, code === "insufficient-scope" ? ["reports:write"] : []);
  expect(problem?.code).toBe(code);
  expect(test.refusals.at(-1)).toBe(code);
});
