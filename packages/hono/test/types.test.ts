import { createKeyward, type ApiKey } from "@keyward/core";
import { keyward } from "@keyward/hono";
import { Hono } from "hono";
import { expect, expectTypeOf, it } from "vitest";

it("keeps the types of route parameters, and adds the key to the variables", () => {
  const kw = createKeyward();
  const app = new Hono().use(keyward(kw)).get("/a/:id", keyward(kw, { scopes: ["read"] }), (c) => {
    expectTypeOf(c.req.param("id")).toEqualTypeOf<string>();
    expectTypeOf(c.var.apiKey).toEqualTypeOf<ApiKey>();
    return c.json({ name: c.var.apiKey.name });
  });
  expect(app.routes).not.toHaveLength(0);
});

it("knows the plans, scopes and budgets of the Keyward", () => {
  const kw = createKeyward({
    plans: { visitors: { rate: 1, budgets: { search: { rate: 1 } } } },
    scopes: { "reports:read": "Read reports" },
  });
  keyward(kw, {
    scopes: ["reports:read"],
    anonymous: "visitors",
    budgets: { search: (c) => c.req.url.length },
  });
  const wrong = (mount: () => unknown) => expect(mount).toBeTypeOf("function");
  // @ts-expect-error -- no such scope
  wrong(() => keyward(kw, { scopes: ["reports:reed"] }));
  // @ts-expect-error -- no such plan
  wrong(() => keyward(kw, { anonymous: "visitor" }));
  // @ts-expect-error -- no such budget
  wrong(() => keyward(kw, { budgets: { serch: 1 } }));
  keyward(kw, { scopes: undefined, cost: undefined, settle: undefined, skip: undefined, tag: undefined });
});
