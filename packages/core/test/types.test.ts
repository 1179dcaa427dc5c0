import { createKeyward, type Keyward, type KeywardOptions } from "@keyward/core";
import { expect, expectTypeOf, it } from "vitest";

const kw = createKeyward({
  plans: { free: { daily: 10, budgets: { search: { rate: 1 } } }, pro: "unlimited" },
  scopes: { "reports:read": "Read reports", "reports:write": "Write reports" },
});

/** Compiled, never called. */
export async function uses(): Promise<void> {
  await kw.keys.create({ name: "a", plan: "free", scopes: ["reports:read"] });
  await kw.keys.create({ name: "a", plan: "default", scopes: ["reports:*", "keyward:admin"] });
  await kw.keys.update("key", { plan: null, scopes: [] });
  await kw.owners.update("acme", { plan: "pro" });
  kw.setMode("observe", { plan: "free" });
  // @ts-expect-error -- no such plan
  await kw.keys.create({ name: "a", plan: "fre" });
  // @ts-expect-error -- no such scope
  await kw.keys.create({ name: "a", scopes: ["reports:reed"] });
  // @ts-expect-error -- no such plan
  await kw.owners.update("acme", { plan: "enterprise" });
  // @ts-expect-error -- no such plan
  kw.setMode("observe", { plan: "gold" });
}

it("infers the names of plans, scopes and budgets from the options", () => {
  type Names = typeof kw extends Keyward<infer N> ? N : never;
  expectTypeOf<Names["plan"]>().toEqualTypeOf<"default" | "free" | "pro">();
  expectTypeOf<Names["scope"]>().toEqualTypeOf<"reports:read" | "reports:write">();
  expectTypeOf<Names["budget"]>().toEqualTypeOf<"search">();
});

it("accepts any scope without a catalogue, and the plan that there always is", () => {
  const bare = createKeyward();
  type Names = typeof bare extends Keyward<infer N> ? N : never;
  expectTypeOf<Names["plan"]>().toEqualTypeOf<"default">();
  expectTypeOf<Names["scope"]>().toEqualTypeOf<string>();
});

it("accepts any names where the options are not known", () => {
  const create = (options: KeywardOptions) => createKeyward(options);
  expectTypeOf<Parameters<ReturnType<typeof create>["keys"]["create"]>[0]["plan"]>().toEqualTypeOf<
    string | undefined
  >();
  expectTypeOf(kw).toExtend<Keyward>();
});

it("accepts undefined for every option, under exactOptionalPropertyTypes", () => {
  const options: KeywardOptions = {
    secret: undefined,
    store: undefined,
    plans: undefined,
    keyFrom: undefined,
    requireHttps: undefined,
    events: undefined,
    failedAttempts: { limit: undefined },
  };
  expect(createKeyward(options).configuration().plans).toHaveLength(1);
});
