import { Router } from "@koa/router";
import { createKeyward, type ApiKey } from "@keyward/core";
import { apiKeyOf, keyward } from "@keyward/koa";
import Koa from "koa";
import { expect, expectTypeOf, it } from "vitest";

it("keeps the types of the context, and adds the key to its state", () => {
  const kw = createKeyward();
  new Koa().use(keyward(kw)).use((ctx) => {
    expectTypeOf(ctx.state.apiKey).toEqualTypeOf<ApiKey | undefined>();
    expectTypeOf(apiKeyOf(ctx)).toEqualTypeOf<ApiKey>();
  });
  new Koa<{ user: string }, { db: string }>()
    .use(keyward(kw, { cost: (ctx) => ctx.url.length }))
    .use((ctx) => {
      expectTypeOf(ctx.state.user).toEqualTypeOf<string>();
      expectTypeOf(ctx.db).toEqualTypeOf<string>();
    });
  const router = new Router();
  router.get("/a/:id", keyward(kw), (ctx) => {
    expectTypeOf(ctx["params"]["id"]).toExtend<string | undefined>();
  });
  expect(router.stack).toHaveLength(1);
});

it("knows the plans, scopes and budgets of the Keyward", () => {
  const kw = createKeyward({
    plans: { visitors: { rate: 1, budgets: { search: { rate: 1 } } } },
    scopes: { "reports:read": "Read reports" },
  });
  keyward(kw, {
    scopes: ["reports:read"],
    anonymous: "visitors",
    budgets: { search: (ctx) => ctx.url.length },
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
